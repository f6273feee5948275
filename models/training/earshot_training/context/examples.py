"""What a training step sees: contexts, what was said next, and what a recogniser might have made of
it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from earshot_training.batches import Lexicon
from earshot_training.context.data import Turn
from earshot_training.context.model import ITEM, PROFILE, REPLY, UTTERANCE
from earshot_training.model import Packed

WRONG = 2
"""Wrong hypotheses of a turn."""
_MAX_DISTRACTORS = 10
_ORDINARY = 120
"""So many of the most frequent words are never what makes a hypothesis wrong."""

_QUESTIONS = (
    "Do you mean {a} or {b}?", "Which one: {a} or {b}?", "I found {a} and {b}.",
    "There are {a}, {b} and {c}.", "Did you say {a}?", "Should I call {a}?",
    "I have {a}, {b} or {c}. Which would you like?", "How about {a}?",
)  # fmt: skip
_ANSWERS = (
    "{said}", "{said} please", "yes {said}", "i meant {said}", "call {said}", "the one called {said}",
    "{said} sounds good", "play {said}", "let's take {said}", "no {said}", "what about {said}",
)  # fmt: skip
_REQUESTS = (
    "call {said}", "text {said} that i am late", "play {said}", "turn on {said}", "message {said}",
    "add {said} to my list", "where is {said}", "open {said}", "what is new with {said}", "{said}",
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    items: list[tuple[int, str]]
    """Kind and text; at least one."""
    text: str
    wrong: list[str]
    told: bool
    """Whether what is wrong in these is something that the context could tell."""


@dataclass
class Batch:
    items: Packed
    slots: Tensor
    """int64 [items]: context · width + place."""
    kinds: Tensor
    """int64 [B, I]."""
    present: Tensor
    """bool [B, I]."""
    texts: Packed
    """B texts that were said, then B · WRONG that were not, those of one turn together."""
    same: Tensor
    """bool [B, B]: the texts are the same."""
    told: Tensor
    """float32 [B]: whether the context could tell what is wrong in the turn's wrong texts."""


class Examples:
    """Makes examples of turns. Names in replies are often replaced by others, so that names unseen
    so far are met; ``people``: words to make new names of."""

    def __init__(self, turns: list[Turn], lexicon: Lexicon, confusions: dict[str, list[str]],
                 people: list[str], seed: int):  # fmt: skip
        self.turns = turns
        self.lexicon = lexicon
        self.confusions = confusions
        self.people = people
        self.seed = seed
        self.folding = lexicon.tokenizer.folding
        counts = Counter(w for turn in turns for w in self.folding.words(turn.text))
        self.ordinary = {word for word, _ in counts.most_common(_ORDINARY)}
        self.common = [word for word, _ in counts.most_common(3000)]
        self.entities = sorted({e for turn in turns for e in turn.entities})
        self._numbers: dict[str, np.ndarray] = {}
        self.followups = [i for i, turn in enumerate(turns) if turn.said]

        for word in {*people, *self.common, *(w for ws in confusions.values() for w in ws)}:
            lexicon.numbers(word)

    def words(self, text: str) -> list[str]:
        return self.folding.words(text)

    def numbers(self, text: str) -> np.ndarray:
        """As the lexicon's, kept for texts that come again."""
        found = self._numbers.get(text)
        if found is None:
            if len(self._numbers) > 300_000:
                self._numbers.clear()
            found = self._numbers[text] = self.lexicon.numbers(text)
        return found

    def name(self, rng: np.random.Generator) -> str:
        if rng.random() < 0.5:
            return self.entities[rng.integers(len(self.entities))]
        count = int(rng.choice((1, 2, 2, 3)))
        return " ".join(self.people[rng.integers(len(self.people))] for _ in range(count)).title()

    def example(self, turn: Turn, rng: np.random.Generator) -> Example:
        if rng.random() < 0.12:
            return self._made(rng)
        previous, reply, text, entities = turn.previous, turn.reply, turn.text, list(turn.entities)
        said = list(turn.said)
        for place, entity in enumerate(entities):
            if rng.random() < (0.4 if turn.said else 0.2):
                new = self.name(rng)
                lower = entity.lower()
                if lower in text.lower():
                    text = _replace(text, entity, new.lower())
                    said = [new.lower() if s == lower else s for s in said]
                reply, previous = _replace(reply, entity, new), _replace(previous, entity, new)
                entities[place] = new
        items = []
        if previous and rng.random() < 0.9:
            items.append((UTTERANCE, previous))
        if rng.random() < (0.85 if entities else 1.0):
            items.append((REPLY, reply))
        if rng.random() < 0.85:
            items += [(ITEM, e) for e in entities]
        items = items or [(REPLY, reply)]
        return self._finish(items, text, said, rng)

    def _made(self, rng: np.random.Generator) -> Example:
        """A question about names and its answer, or a request that names an entry of a list."""
        options = [self.name(rng) for _ in range(3)]
        said = options[0]
        parts = said.lower().split()
        if len(parts) > 1 and rng.random() < 0.4:
            said = " ".join(parts[-1:] if rng.random() < 0.6 else parts[:1])
        said = said.lower()
        if rng.random() < 0.3:
            items = [(PROFILE, option) for option in options]
            text = _REQUESTS[rng.integers(len(_REQUESTS))].format(said=said)
        else:
            question = _QUESTIONS[rng.integers(len(_QUESTIONS))]
            fields = [field for field in "abc" if "{" + field + "}" in question]
            named = [options[i] for i in rng.permutation(len(fields))]
            items = [(REPLY, question.format(**dict(zip(fields, named))))]
            if rng.random() < 0.8:
                items += [(ITEM, option) for option in named]
            text = _ANSWERS[rng.integers(len(_ANSWERS))].format(said=said)
        return self._finish(items, text, [said], rng)

    def _finish(self, items: list[tuple[int, str]], text: str, said: list[str],
                rng: np.random.Generator) -> Example:  # fmt: skip
        count = min(_MAX_DISTRACTORS, int(rng.geometric(0.12)) - 1) if rng.random() < 0.6 else 0
        items = items + [(PROFILE, self.name(rng)) for _ in range(count)]
        words = self.words(text)
        context = {w for _, t in items[: len(items) - count] for w in self.words(t)}
        entity = {w for s in said for w in self.words(s)}
        # Where the recogniser erred beside the point, it did so in every hypothesis.
        if words and rng.random() < 0.3:
            place = int(rng.integers(len(words)))
            if words[place] not in context:
                words[place] = self.confused(words[place], rng)
        wrong = [self._wrong(words, context, entity, rng) for _ in range(WRONG)]
        told = bool(entity & set(words)) or bool((context - self.ordinary) & set(words))
        return Example(items, " ".join(words) or text, [" ".join(w) for w in wrong], told)

    def confused(self, word: str, rng: np.random.Generator) -> str:
        others = self.confusions.get(word)
        if others and rng.random() < 0.85:
            return others[min(len(others) - 1, int(rng.geometric(0.3)) - 1)]
        return self.common[rng.integers(len(self.common))]

    def _wrong(self, words: list[str], context: set[str], entity: set[str],
               rng: np.random.Generator) -> list[str]:  # fmt: skip
        """The words with one that the context explains replaced by one like it, or, where there is
        none, any other one; sometimes a run of them by another name."""
        if not words:
            return [self.common[rng.integers(len(self.common))]]
        telling = [i for i, w in enumerate(words) if w in entity]
        if not telling or rng.random() < 0.2:
            telling = [i for i, w in enumerate(words) if w in context and w not in self.ordinary] or telling
        if not telling or rng.random() < 0.1:
            telling = [i for i, w in enumerate(words) if w not in self.ordinary] or list(range(len(words)))
        chosen = list(words)
        if rng.random() < 0.25:
            other = self.words(self.name(rng))
            if other and not set(other) & context:
                begin = telling[0]
                end = begin + 1
                while end < len(words) and end in telling:
                    end += 1
                chosen[begin:end] = other
                return chosen
        count = 1 if rng.random() < 0.6 else len(telling)
        for place in rng.permutation(telling)[:count]:
            chosen[place] = self.confused(words[place], rng)
        if chosen == words:
            chosen[telling[0]] = self.common[rng.integers(len(self.common))]
        return chosen

    def batch(self, step: int, size: int, unknown: float) -> Batch:
        rng = np.random.default_rng((self.seed, step))
        chosen = rng.integers(len(self.turns), size=size)
        if self.followups:
            often = rng.random(size) < 0.3
            chosen[often] = rng.choice(self.followups, int(often.sum()))
        examples = [self.example(self.turns[i], rng) for i in chosen]
        return self.pack(examples, rng, unknown)

    def pack(self, examples: list[Example], rng: np.random.Generator | None = None,
             unknown: float = 0.0) -> Batch:  # fmt: skip
        """``unknown``: the share of words to be read by their characters alone."""
        width = max(len(example.items) for example in examples)
        kinds = np.zeros((len(examples), width), np.int64)
        present = np.zeros((len(examples), width), bool)
        slots, items = [], []
        for row, example in enumerate(examples):
            for place, (kind, text) in enumerate(example.items):
                kinds[row, place] = kind
                present[row, place] = True
                slots.append(row * width + place)
                items.append(self.numbers(text))
        texts = [self.numbers(e.text) for e in examples]
        texts += [self.numbers(w) for e in examples for w in e.wrong]
        dropped = None
        if rng is not None:
            # By the word, so that a name has the same vector in the context and in the text.
            dropped = rng.random(len(self.lexicon.arrays()[0])) < unknown

        def packed(chosen: list[np.ndarray]) -> Packed:
            mask = dropped[np.concatenate(chosen)] if dropped is not None else None
            return self.lexicon.pack(chosen, mask)

        keys = [example.text for example in examples]
        same = np.array(keys)[:, None] == np.array(keys)
        return Batch(
            packed(items), torch.tensor(slots), torch.from_numpy(kinds), torch.from_numpy(present),
            packed(texts), torch.from_numpy(same),
            torch.tensor([float(example.told) for example in examples]),
        )  # fmt: skip


def _replace(text: str, old: str, new: str) -> str:
    """Every occurrence, whatever its case."""
    lower, sought = text.lower(), old.lower()
    at = lower.find(sought)
    while sought and at >= 0:
        text = text[:at] + new + text[at + len(old) :]
        lower = text.lower()
        at = lower.find(sought, at + len(new))
    return text
