"""Tokenisation, as specified in ``models/README.md``: fold, split into words, look up or hash.

The server implements the same steps in Java; the golden vectors of a bundle prove both equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAD, EMPTY, UNKNOWN = 0, 1, 2
SPECIAL_WORDS = ("<pad>", "<empty>", "<unknown>")

MAX_WORDS = 64
MAX_WORD_CHARACTERS = 20
NGRAM_MIN = 3
NGRAM_MAX = 5
MAX_NGRAMS = 64

_APOSTROPHE = "'"
# Characters that people and keyboards use for an apostrophe, besides U+0027.
_APOSTROPHES = {0x2018, 0x2019, 0x201B, 0x02BC, 0x02B9, 0x0060, 0x00B4, 0x2032}


def _is_word_character(char: str) -> bool:
    return char == _APOSTROPHE or unicodedata.category(char)[0] in "LN"


def fold_code_point(code_point: int) -> str | None:
    """What a code point becomes: a string (empty: it vanishes), or None: it separates words.

    NFKD, case folding, NFKD again; then marks and format characters (such as zero-width joiners)
    vanish and only letters, numbers and apostrophes are left. NFC puts Hangul together again.
    """
    if 0xD800 <= code_point <= 0xDFFF:
        return None
    if code_point in _APOSTROPHES:
        return _APOSTROPHE
    char = chr(code_point)
    category = unicodedata.category(char)
    if category[0] == "M" or category == "Cf":
        return ""
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    decomposed = unicodedata.normalize("NFKD", decomposed)
    unified = (_APOSTROPHE if ord(c) in _APOSTROPHES else c for c in decomposed)
    kept = "".join(c for c in unified if _is_word_character(c))
    return unicodedata.normalize("NFC", kept) if kept else None


class Folding:
    """A folding table: what each code point becomes. Immutable."""

    def __init__(self, rules: dict[int, str]):
        self._rules = rules

    @classmethod
    def from_unicode(cls) -> Folding:
        """The table of this Python's Unicode version."""
        rules = {}
        for code_point in range(0x110000):
            folded = fold_code_point(code_point)
            if folded is not None:
                rules[code_point] = folded
        return cls(rules)

    @classmethod
    def read(cls, path: Path) -> Folding:
        rules: dict[int, str] = {}
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            start, end, text = line.split("\t")
            for code_point in range(int(start, 16), int(end, 16) + 1):
                rules[code_point] = chr(code_point) if text == "=" else text
        return cls(rules)

    def write(self, path: Path) -> None:
        lines = []
        run: tuple[int, int] | None = None
        for code_point in sorted(self._rules):
            text = self._rules[code_point]
            if text == chr(code_point):
                if run and run[1] == code_point - 1:
                    run = (run[0], code_point)
                    continue
                if run:
                    lines.append(f"{run[0]:X}\t{run[1]:X}\t=")
                run = (code_point, code_point)
                continue
            if run:
                lines.append(f"{run[0]:X}\t{run[1]:X}\t=")
                run = None
            lines.append(f"{code_point:X}\t{code_point:X}\t{text}")
        if run:
            lines.append(f"{run[0]:X}\t{run[1]:X}\t=")
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")

    def fold(self, text: str) -> str:
        """The folded text, separators as spaces."""
        rules = self._rules
        return "".join(rules.get(ord(c), " ") for c in text)

    def words(self, text: str) -> list[str]:
        """The words of a text, at most ``MAX_WORDS``; none is empty."""
        stripped = (word.strip(_APOSTROPHE) for word in self.fold(text).split(" "))
        return [word for word in stripped if word][:MAX_WORDS]


def fnv1a(data: bytes) -> int:
    """32-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), unsigned."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def ngram_buckets(word: str, buckets: int) -> list[int]:
    """The hashed character n-grams of a word, each in 1…buckets-1, at most ``MAX_NGRAMS``."""
    marked = "<" + word[:MAX_WORD_CHARACTERS] + ">"
    grams = [marked[i : i + n] for n in range(NGRAM_MIN, NGRAM_MAX + 1) for i in range(len(marked) - n + 1)]
    return [1 + fnv1a(gram.encode("utf-8")) % (buckets - 1) for gram in grams[:MAX_NGRAMS]]


@dataclass(frozen=True)
class Encoded:
    """A tokenised text: ``word_ids`` (1…MAX_WORDS), and each unknown word's n-gram buckets."""

    words: list[str]
    word_ids: list[int]
    unknown_ngrams: list[list[int]]


class Tokenizer:
    """Texts to word ids and n-grams, by a folding table and a vocabulary. Immutable."""

    def __init__(self, folding: Folding, vocabulary: Iterable[str], buckets: int):
        self.folding = folding
        self.vocabulary = list(vocabulary)
        self.buckets = buckets
        if tuple(self.vocabulary[:3]) != SPECIAL_WORDS:
            raise ValueError(f"vocabulary begins with {self.vocabulary[:3]}, not {SPECIAL_WORDS}")
        # The special words hold characters that no folded word has, so no text can name them.
        self._ids = {word: i for i, word in enumerate(self.vocabulary)}

    def encode(self, text: str) -> Encoded:
        words = self.folding.words(text)
        if not words:
            return Encoded([], [EMPTY], [])
        ids = [self._ids.get(word, UNKNOWN) for word in words]
        ngrams = [ngram_buckets(w, self.buckets) for w, i in zip(words, ids) if i == UNKNOWN]
        return Encoded(words, ids, ngrams)
