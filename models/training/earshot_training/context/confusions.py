"""Words that a recogniser might take for another: nearest by phones, or by letters where a word has
no pronunciation."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from earshot_training.progress import Progress

_SHORTLISTED = 24


def read_lexicon(path: Path) -> dict[str, tuple[str, ...]]:
    """CMUdict: each word's first pronunciation, without stress."""
    found: dict[str, tuple[str, ...]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            word, *phones = line.split("#")[0].split()
            if "(" not in word:
                found.setdefault(word, tuple(phone.rstrip("012") for phone in phones))
    return found


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Levenshtein's."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def _profiles(sounds: list[tuple[str, ...]]) -> np.ndarray:
    """float32 [words, features] of length 1: which symbols and pairs of symbols a word has."""
    features: dict[tuple[str, ...], int] = {}
    rows, columns = [], []
    for row, sound in enumerate(sounds):
        marked = ("<", *sound, ">")
        grams = [(s,) for s in sound] + list(pairwise(marked))
        for gram in grams:
            rows.append(row)
            columns.append(features.setdefault(gram, len(features)))
    found = np.zeros((len(sounds), len(features)), np.float32)
    np.add.at(found, (rows, columns), 1)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def confusions(words: list[str], heard: list[str], lexicon: dict[str, tuple[str, ...]],
               count: int = 8) -> dict[str, list[str]]:  # fmt: skip
    """For each of ``words``, up to ``count`` of ``heard`` that sound most like it, but not the same
    text; by edit distance, relative to the longer one, up to 0.7."""
    found: dict[str, list[str]] = {}
    spoken = [word for word in words if word in lexicon]
    written = [word for word in words if word not in lexicon and word.isalpha()]
    for chosen, others, sound in (
        (spoken, [w for w in heard if w in lexicon], lambda w: lexicon[w]),
        (written, [w for w in heard if w.isalpha()], tuple),
    ):
        if not chosen:
            continue
        sounds = [sound(w) for w in others]
        both = _profiles(sounds + [sound(w) for w in chosen])
        of_others, of_chosen = both[: len(others)].T.copy(), both[len(others) :]
        progress = Progress("confusions", len(chosen))
        for begin in range(0, len(chosen), 256):
            likeness = of_chosen[begin : begin + 256] @ of_others
            near = np.argpartition(-likeness, min(_SHORTLISTED, len(others) - 1), axis=1)
            for word, row in zip(chosen[begin : begin + 256], near[:, :_SHORTLISTED]):
                own = sound(word)
                ranked = sorted(
                    (edit_distance(own, sounds[i]) / max(len(own), len(sounds[i])), others[i])
                    for i in row
                    if others[i] != word
                )
                found[word] = [other for distance, other in ranked[:count] if distance <= 0.7]
            progress.advance(len(likeness))
    return found
