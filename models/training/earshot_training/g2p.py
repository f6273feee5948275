"""From letters to phones: an n-gram model of graphones (Bisani and Ney, 2008), for words that no lexicon has.

The n-gram has modified Kneser–Ney discounts (Chen and Goodman, 1998) and loses what it can do without:
an n-gram whose probability hardly differs from what is backed off to.

``g2p.bin`` is gzip of (numbers big-endian)::

    "EARSHOTG2P" u8 format (1)   u8 order   u16 graphones
    for each graphone, from 1 (0 begins and ends a word): u8 letter  u8 phones  and each phone's code
    u32 nodes   of a trie of n-grams, in breadth-first order, the root first:
      u16 graphone of each node
      u8 of each: -log2 probability given the nodes above it, in sixteenths, at most 255
      u8 of each: -log2 weight for backing off from it, in sixteenths, at most 255
      u32 of each: its first child; those of a node lie together, by graphone, up to the next one's first
"""

from __future__ import annotations

import gzip
import math
import random
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass

from earshot_training import graphones
from earshot_training.graphones import Entry, Graphone

MAGIC = b"EARSHOTG2P\x01"
ORDER = 6
SAMPLE = 25_000
"""Words for estimating alignments."""

LEAST_USES = 3
"""A graphone that is used less often is an accident of the alignment, and so is its word."""

DISPENSABLE = 1.2
"""An n-gram is left out if the training's log-likelihood loses less than this, in nats."""

STEP = 16.0
"""Of logarithms to base 2 in the file."""

BEAM = 24

Gram = tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """Graphones by code from 1, and probability and back-off weight by n-gram and by context."""

    graphones: list[Graphone]
    grams: dict[Gram, float]
    weights: dict[Gram, float]

    def probability(self, context: Gram, code: int) -> float:
        weight = 1.0
        while True:
            known = self.grams.get((*context, code))
            if known is not None:
                return weight * known
            weight *= self.weights.get(context, 1.0)
            context = context[1:]


def train(entries: list[Entry], say=lambda line: None, seed: int = 1) -> Model:
    """Trains on words and their phones."""
    entries = sorted(entries)
    sample = random.Random(seed).sample(entries, min(SAMPLE, len(entries)))
    chances = graphones.estimate(sample)
    aligned = [graphones.align(word, phones, chances) for word, phones in entries]
    words = [word for word in aligned if word is not None]
    uses = Counter(graphone for word in words for graphone in word)
    common = sorted(graphone for graphone, count in uses.items() if count >= LEAST_USES)
    codes = {graphone: code for code, graphone in enumerate(common, start=1)}
    sequences = [
        [0, *(codes[graphone] for graphone in word), 0]
        for word in words
        if all(graphone in codes for graphone in word)
    ]
    say(f"{len(entries):,} words, {len(sequences):,} aligned, {len(common)} graphones")
    model = _estimate(common, sequences)
    say(f"{len(model.grams):,} n-grams")
    return model


def _estimate(common: list[Graphone], sequences: list[list[int]]) -> Model:
    raw: list[Counter[Gram]] = [Counter() for _ in range(ORDER + 1)]
    for sequence in sequences:
        for end in range(1, len(sequence)):
            for order in range(1, min(ORDER, end + 1) + 1):
                raw[order][tuple(sequence[end - order + 1 : end + 1])] += 1
    size = len(common) + 1
    model = Model(common, {}, {})
    for order in range(1, ORDER + 1):
        counts = raw[order] if order == ORDER else _continuations(raw, order)
        discounts = _discounts(counts)
        by_context: dict[Gram, dict[int, int]] = defaultdict(dict)
        for gram, count in counts.items():
            by_context[gram[:-1]][gram[-1]] = count
        grams: dict[Gram, float] = {}
        for context, following in by_context.items():
            total = sum(following.values())
            left = sum(discounts[min(count, 3)] for count in following.values()) / total
            if order == 1:
                for code in range(size):
                    count = following.get(code, 0)
                    own = (count - discounts[min(count, 3)]) / total if count else 0.0
                    grams[(code,)] = own + left / size
                continue
            mass, lower_mass = 0.0, 0.0
            for code, count in following.items():
                lower = model.probability(context[1:], code)
                chance = (count - discounts[min(count, 3)]) / total + left * lower
                gain = raw[order][(*context, code)] * abs(math.log(chance / (left * lower)))
                if gain >= DISPENSABLE:
                    grams[(*context, code)] = chance
                    mass += chance
                    lower_mass += lower
            if mass > 0.0:
                model.weights[context] = max(1e-6, 1.0 - mass) / max(1e-6, 1.0 - lower_mass)
        model.grams.update(grams)
    return model


def _continuations(raw: list[Counter[Gram]], order: int) -> Counter[Gram]:
    """In how many different ways an n-gram is preceded; those that begin a word are counted as they are."""
    counts: Counter[Gram] = Counter(gram[1:] for gram in raw[order + 1])
    for gram, count in raw[order].items():
        if gram[0] == 0 and order > 1:
            counts[gram] = count
    return counts


def _discounts(counts: Counter[Gram]) -> list[float]:
    """For n-grams that occur once, twice and more often, from the index 1."""
    often = Counter(min(count, 5) for count in counts.values())
    once, twice = max(1, often[1]), max(1, often[2])
    share = once / (once + 2 * twice)
    found = [
        1 - 2 * share * twice / once,
        2 - 3 * share * often[3] / twice,
        3 - 4 * share * often[4] / max(1, often[3]),
    ]
    return [0.0, *(min(max(discount, 0.05), i + 0.95) for i, discount in enumerate(found))]


def pronounce(model: Model, word: str, best: int = 4, beam: int = BEAM) -> list[tuple[int, ...]]:
    """The likeliest pronunciations of a word, by a beam search from its first letter to its last."""
    by_letter: dict[str, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for code, (letter, sound) in enumerate(model.graphones, start=1):
        by_letter[letter].append((code, sound))
    paths: list[tuple[float, Gram, tuple[int, ...]]] = [(1.0, (0,), ())]
    for letter in word:
        longer: dict[tuple[Gram, tuple[int, ...]], float] = {}
        for chance, context, phones in paths:
            for code, sound in by_letter[letter]:
                key = ((*context, code)[-(ORDER - 1) :], phones + sound)
                longer[key] = longer.get(key, 0.0) + chance * model.probability(context, code)
        ranked = sorted(longer.items(), key=lambda item: -item[1])[:beam]
        paths = [(chance, context, phones) for (context, phones), chance in ranked]
    ended: dict[tuple[int, ...], float] = defaultdict(float)
    for chance, context, phones in paths:
        if phones:
            ended[phones] += chance * model.probability(context, 0)
    return sorted(ended, key=lambda phones: -ended[phones])[:best]


def encode(model: Model) -> bytes:
    """The file's bytes."""
    content = bytearray(MAGIC + struct.pack(">BH", ORDER, len(model.graphones)))
    for letter, sound in model.graphones:
        content += bytes((ord(letter), len(sound), *sound))
    children: dict[Gram, set[int]] = defaultdict(set)
    for gram in [*model.grams, *model.weights]:
        # A context's own prefixes are nodes, too, though their n-grams may have been left out.
        for end in range(len(gram), 0, -1):
            if gram[end - 1] in children[gram[: end - 1]]:
                break
            children[gram[: end - 1]].add(gram[end - 1])
    order: list[Gram] = [()]
    first: list[int] = []
    for node in order:  # grows while it is walked
        first.append(len(order))
        order.extend((*node, code) for code in sorted(children.get(node, ())))
    content += struct.pack(">I", len(order))
    content += b"".join(struct.pack(">H", node[-1] if node else 0) for node in order)
    content += bytes(_byte(model.probability(node[:-1], node[-1])) if node else 0 for node in order)
    content += bytes(_byte(model.weights.get(node, 1.0)) for node in order)
    content += b"".join(struct.pack(">I", child) for child in first)
    return gzip.compress(bytes(content), mtime=0)


def _byte(chance: float) -> int:
    return min(255, max(0, round(-math.log2(chance) * STEP)))


def held_out_accuracy(entries: list[Entry], say=lambda line: None) -> dict[str, float]:
    """Trains without a tenth of the words and says how many of them it gets exactly right.

    A word counts if one of its pronunciations is met, stress apart.
    """
    sounds: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for word, phones in entries:
        sounds[word].add(phones)
    words = sorted(word for word in sounds if len(word) > 1)
    random.Random(1).shuffle(words)
    held = words[: len(words) // 10]
    aside = set(held)
    model = train([entry for entry in entries if entry[0] not in aside], say)
    right = [0, 0, 0, 0]
    for word in held:
        proposed = pronounce(model, word)
        for i in range(4):
            right[i] += any(phones in sounds[word] for phones in proposed[: i + 1])
    return {
        "words": len(held),
        "best": right[0] / len(held),
        "best_two": right[1] / len(held),
        "best_four": right[3] / len(held),
    }
