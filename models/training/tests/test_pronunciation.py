from __future__ import annotations

import gzip

import numpy as np
import pytest

from earshot_training import g2p, graphones, lexicon, phones, rescorer


def sound(text: str) -> tuple[int, ...]:
    return tuple(phones.CODES[name] for name in text.split())


ENTRIES = [
    ("bat", sound("B AE T")),
    ("cat", sound("K AE T")),
    ("cab", sound("K AE B")),
    ("tab", sound("T AE B")),
    ("box", sound("B AA K S")),
    ("tax", sound("T AE K S")),
    ("cot", sound("K AA T")),
    ("bott", sound("B AA T")),
] * 4


def test_letters_are_aligned_with_what_they_speak():
    chances = graphones.estimate(ENTRIES)
    assert graphones.align("box", sound("B AA K S"), chances) == [
        ("b", sound("B")), ("o", sound("AA")), ("x", sound("K S"))
    ]  # fmt: skip
    assert graphones.align("a", sound("B AA K S"), chances) is None


def test_a_word_that_was_not_seen_is_worked_out():
    model = g2p.train(ENTRIES)
    assert g2p.pronounce(model, "bab")[0] == sound("B AE B")


def test_probabilities_of_what_may_follow_sum_to_one():
    model = g2p.train(ENTRIES)
    codes = range(len(model.graphones) + 1)
    for context in [(), (0,), (0, 1), (1,), (2, 3)]:
        assert abs(sum(model.probability(context, code) for code in codes) - 1) < 0.02


def test_the_lexicon_lists_words_in_order_with_how_ordinary_they_are():
    file = gzip.decompress(lexicon.compile_lexicon({"cat": [sound("K AE T")]}, {"car": 4.5, "rare": 0.5}))
    assert file == (
        lexicon.MAGIC + b"\x00\x00\x00\x02"
        + b"\x00\x03car" + bytes([90, 0])
        + b"\x02\x01t" + bytes([0, 1, 3, *sound("K AE T")])
    )  # fmt: skip


def test_what_hardly_varies_in_training_cannot_outweigh_the_rest():
    features = np.zeros((64, 2), dtype=np.float32)
    features[:, 1] = np.arange(64) % 2
    scorer = rescorer.fit(rescorer.N_BEST, features, features[:, 1] > 0, seed=1)
    assert scorer.scales.max() <= 20


def test_of_two_changes_to_the_same_words_the_likelier_is_made():
    rows = np.array([[0, 0, 1, 2, -1, 0], [0, 0, 1, 3, 2, 0], [0, 0, 4, 5, -1, 0], [0, 1, 0, 1, -9, 0]])
    changes = rescorer.Changes(np.array([[0, 5, 3, 0, 0]]), rows.astype(np.float32), ["a"], ["g"])
    errors, _ = rescorer.decide(changes, np.array([0.9, 0.8, 0.7, 0.6]), 0.5)
    assert errors.tolist() == [-2]


def test_a_change_of_a_short_request_must_be_likelier_than_one_of_a_long_one():
    kind = rescorer.ONE_BEST_STATED
    short, long = rescorer._as_if_long(kind, np.array([0.6, 0.6]), np.array([6.0, 40.0]))
    assert long == pytest.approx(0.6)
    assert short / (1 - short) == pytest.approx(1.5 / 4**kind.stricter_by_log_words)
