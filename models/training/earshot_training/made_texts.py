"""Requests made from the training texts' words: unlabelled, for the teacher to judge.

A student that sees only the labelled texts copies its teacher only there. These are new texts of
the same kind: two requests crossed over at a word that both hold, and requests some of whose words
are exchanged for others of like meaning.
"""

from __future__ import annotations

import numpy as np

_LIKE = 8
"""How many words of like meaning may stand for a word."""
_LEAST_LIKENESS = 0.45
_EXCHANGED = 0.3
"""The share of words that are exchanged in a text where words are."""
_MAX_WORDS = 20
_DRAWN = 4096


def words_of_like_meaning(vectors: np.ndarray) -> list[np.ndarray]:
    """For each of the words, whose embeddings ``vectors`` float [n, D] have length 1: the numbers
    of those nearest in meaning, none where none is near."""
    vectors = vectors.astype(np.float32)
    found = []
    for begin in range(0, len(vectors), 1024):
        likeness = vectors[begin : begin + 1024] @ vectors.T
        likeness[np.arange(len(likeness)), begin + np.arange(len(likeness))] = -1
        nearest = np.argpartition(-likeness, _LIKE, axis=1)[:, :_LIKE]
        for row, columns in zip(likeness, nearest):
            found.append(columns[row[columns] >= _LEAST_LIKENESS])
    return found


def made_texts(texts: list[list[str]], weights: np.ndarray, like: dict[str, list[str]], count: int,
               seed: int) -> list[str]:  # fmt: skip
    """At most ``count`` distinct texts that are none of ``texts`` (their words), the same for a seed;
    fewer where the texts' words yield no more. Text i takes part with probability ``weights[i]``.
    ``like``: words that may stand for a word."""
    rng = np.random.default_rng((seed, 17))
    places: dict[str, list[tuple[int, int]]] = {}
    for number, words in enumerate(texts):
        for place, word in enumerate(words):
            places.setdefault(word, []).append((number, place))
    given = {" ".join(words) for words in texts}
    made: dict[str, None] = {}
    for _ in range(2 + 4 * count // _DRAWN):
        if len(made) >= count:
            break
        for number in rng.choice(len(texts), _DRAWN, p=weights):
            words = texts[number]
            if len(words) >= 2 and rng.random() < 0.6:
                place = int(rng.integers(len(words)))
                meetings = places[words[place]]
                other, there = meetings[rng.integers(len(meetings))]
                words = words[:place] + texts[other][there:]
            if rng.random() < 0.6:
                words = [_exchange(word, like, rng) for word in words]
            text = " ".join(words[:_MAX_WORDS])
            if text and text not in given:
                made[text] = None
    return list(made)[:count]


def _exchange(word: str, like: dict[str, list[str]], rng: np.random.Generator) -> str:
    others = like.get(word)
    if not others or rng.random() >= _EXCHANGED:
        return word
    return others[rng.integers(len(others))]
