"""Aligns the letters of words with their phones: each letter speaks none, one or two phones.

The chunks' probabilities are estimated by expectation maximisation over all alignments of a sample
(Bisani and Ney, "Joint-sequence models for grapheme-to-phoneme conversion", 2008, with chunks of one
letter); every word then gets its likeliest alignment.
"""

from __future__ import annotations

import math
from collections import Counter

MOST_PHONES = 2

Entry = tuple[str, tuple[int, ...]]
"""A word and the codes of its phones."""

Graphone = tuple[str, tuple[int, ...]]
"""A letter and what it speaks."""


def estimate(sample: list[Entry], rounds: int = 6) -> dict[Graphone, float]:
    """Probabilities of graphones, by expectation maximisation."""
    chances: dict[Graphone, float] = {}
    for _ in range(rounds):
        counts: Counter[Graphone] = Counter()
        for word, phones in sample:
            _count(word, phones, chances, counts)
        total = sum(counts.values())
        chances = {graphone: count / total for graphone, count in counts.items() if count > 1e-6}
    return chances


def align(word: str, phones: tuple[int, ...], chances: dict[Graphone, float]) -> list[Graphone] | None:
    """The likeliest alignment; None where the word has too few letters."""
    letters, sounds = len(word), len(phones)
    best = [[-math.inf] * (sounds + 1) for _ in range(letters + 1)]
    taken = [[0] * (sounds + 1) for _ in range(letters + 1)]
    best[0][0] = 0.0
    for i in range(letters):
        for j in range(max(0, sounds - MOST_PHONES * (letters - i)), min(sounds, MOST_PHONES * i) + 1):
            here = best[i][j]
            if here == -math.inf:
                continue
            for size in range(min(MOST_PHONES, sounds - j) + 1):
                chance = here + math.log(chances.get((word[i], phones[j : j + size]), 1e-9))
                if chance > best[i + 1][j + size]:
                    best[i + 1][j + size] = chance
                    taken[i + 1][j + size] = size
    if best[letters][sounds] == -math.inf:
        return None
    graphones: list[Graphone] = []
    j = sounds
    for i in range(letters, 0, -1):
        size = taken[i][j]
        graphones.append((word[i - 1], phones[j - size : j]))
        j -= size
    return graphones[::-1]


def _count(word: str, phones: tuple[int, ...], chances: dict, counts: Counter) -> None:
    """Adds the expected counts of one word's alignments."""
    letters, sounds = len(word), len(phones)
    if sounds > MOST_PHONES * letters:
        return
    arcs = []
    forward = [[0.0] * (sounds + 1) for _ in range(letters + 1)]
    forward[0][0] = 1.0
    for i in range(letters):
        for j in range(max(0, sounds - MOST_PHONES * (letters - i)), min(sounds, MOST_PHONES * i) + 1):
            here = forward[i][j]
            if here == 0.0:
                continue
            for size in range(min(MOST_PHONES, sounds - j) + 1):
                graphone = (word[i], phones[j : j + size])
                # Before the first round any is as likely, but to speak one phone is the rule.
                chance = chances.get(graphone, 1e-9) if chances else (1.0 if size == 1 else 0.2)
                arcs.append((i, j, size, graphone, chance))
                forward[i + 1][j + size] += here * chance
    total = forward[letters][sounds]
    if total <= 0.0:
        return
    backward = [[0.0] * (sounds + 1) for _ in range(letters + 1)]
    backward[letters][sounds] = 1.0
    for i, j, size, graphone, chance in reversed(arcs):
        onward = chance * backward[i + 1][j + size]
        if onward > 0.0:
            backward[i][j] += onward
            counts[graphone] += forward[i][j] * onward / total
