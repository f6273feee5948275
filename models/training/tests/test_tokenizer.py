import pytest

from earshot_training.golden import texts
from earshot_training.tokenizer import (
    MAX_NGRAMS,
    MAX_WORDS,
    SPECIAL_WORDS,
    Folding,
    Tokenizer,
    fnv1a,
    ngram_buckets,
)


def test_hash_is_fnv1a():
    # From the reference's test vectors.
    assert fnv1a(b"") == 0x811C9DC5
    assert fnv1a(b"a") == 0xE40C292C
    assert fnv1a(b"foobar") == 0xBF9CF968


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Will it RAIN?", ["will", "it", "rain"]),
        ("don’t 'quote' o'clock", ["don't", "quote", "o'clock"]),
        ("cafe\u0301 café", ["cafe", "cafe"]),
        ("İstanbul Straße ΟΔΟΣ οδος", ["istanbul", "strasse", "οδοσ", "οδοσ"]),
        ("ﬁnd ＰＬＡＹ ①", ["find", "play", "1"]),
        ("zero\u200dwidth a\u0000b a\u2028b", ["zerowidth", "a", "b", "a", "b"]),
        ("내일 비", ["내일", "비"]),
        ("'' ' \u0301 ?!", []),
        ("half½ 🎵 \ud800x", ["half12", "x"]),
    ],
)
def test_folds_and_splits(folding, text, words):
    assert folding.words(text) == words


def test_keeps_the_first_words_only(folding):
    assert len(folding.words("word " * 100)) == MAX_WORDS


def test_folding_table_survives_its_file(folding, tmp_path):
    folding.write(tmp_path / "folding.tsv")
    read = Folding.read(tmp_path / "folding.tsv")
    assert all(read.fold(text) == folding.fold(text) for text in texts())
    lines = (tmp_path / "folding.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    starts = [int(line.split("\t")[0], 16) for line in lines]
    assert starts == sorted(starts)


def test_folding_is_idempotent(folding):
    for text in texts():
        once = folding.fold(text)
        assert folding.fold(once) == once


def test_encodes_known_unknown_and_empty(folding):
    tokenizer = Tokenizer(folding, [*SPECIAL_WORDS, "rain"], 64)
    found = tokenizer.encode("Rain zq")
    assert found.word_ids == [3, 2]
    assert found.unknown_ngrams == [ngram_buckets("zq", 64)]
    assert tokenizer.encode("?!").word_ids == [1]
    assert tokenizer.encode("<unknown> rain").words == ["unknown", "rain"]


def test_ngrams_are_bounded_and_begin_with_the_shortest():
    grams = ngram_buckets("abcd", 1 << 20)
    expected = ["<ab", "abc", "bcd", "cd>", "<abc", "abcd", "bcd>", "<abcd", "abcd>"]
    assert grams == [1 + fnv1a(g.encode()) % ((1 << 20) - 1) for g in expected]
    assert len(ngram_buckets("x" * 300, 64)) <= MAX_NGRAMS
    assert all(1 <= g < 64 for g in ngram_buckets("wonderful", 64))
