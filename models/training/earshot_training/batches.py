"""What a training step sees: packed texts, soft labels, and users who ask them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from earshot_training import augment, out_of_scope
from earshot_training.data import Corpus
from earshot_training.losses import Sparse
from earshot_training.model import Packed
from earshot_training.tokenizer import (
    EMPTY,
    SPECIAL_WORDS,
    UNKNOWN,
    Folding,
    Tokenizer,
    ngram_buckets,
)

# How often a training text is drawn, by source: nearer to an even share of skills than of rows.
SOURCE_WEIGHTS = {"alexa2017": 2.0, "sgd": 0.6, "snips": 0.5, "tool": 1.2, "banking": 1.3,
                  "clinc": 1.5, "hwu": 1.5}  # fmt: skip

GENERIC_OWN = 0.4
"""Of the label of a text that several skills share: what stays with these."""
GENERIC_DRAWN = 48
"""How many skills, drawn anew each time, share the rest."""


class Lexicon:
    """Every word met, known to the vocabulary or not, with its n-grams. Word number 0 stands for a
    text without words."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self._numbers: dict[str, int] = {"": 0}
        self._known = [EMPTY]
        self._ngrams: list[list[int]] = [[]]
        self._ids = {word: i for i, word in enumerate(tokenizer.vocabulary)}
        self._frozen: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def numbers(self, text: str) -> np.ndarray:
        """int32 [words ≥ 1]: the numbers of a text's words."""
        words = self.tokenizer.folding.words(text)
        return np.array([self._number(word) for word in words] or [0], dtype=np.int32)

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self._known)
            self._known.append(self._ids.get(word, UNKNOWN))
            self._ngrams.append(ngram_buckets(word, self.tokenizer.buckets))
            self._frozen = None
        return number

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Word ids [words], flat n-grams, and where each word's begin [words + 1]."""
        if self._frozen is None:
            starts = np.cumsum([0] + [len(n) for n in self._ngrams])
            self._frozen = (
                np.array(self._known, dtype=np.int64),
                np.array([b for n in self._ngrams for b in n], dtype=np.int64),
                starts.astype(np.int64),
            )
        return self._frozen

    def pack(self, texts: list[np.ndarray], unknown: np.ndarray | None = None) -> Packed:
        """``unknown`` bool [M]: tokens to read by their characters alone."""
        known_ids, flat, starts = self.arrays()
        lengths = np.array([len(t) for t in texts])
        tokens = np.concatenate(texts)
        distinct, word = np.unique(tokens, return_inverse=True)
        begins, ends = starts[distinct], starts[distinct + 1]
        sizes = ends - begins
        offsets = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        ngrams = flat[np.arange(sizes.sum()) + np.repeat(begins - offsets, sizes)]
        known = known_ids[tokens]
        if unknown is not None:
            known = np.where(unknown & (known != EMPTY), UNKNOWN, known)
        first = np.ones(len(tokens), dtype=np.float32)
        last = np.ones(len(tokens), dtype=np.float32)
        text_ends = np.cumsum(lengths)
        first[text_ends - lengths] = 0
        last[text_ends - 1] = 0
        return Packed(
            torch.from_numpy(known), torch.from_numpy(word.reshape(-1)),
            torch.from_numpy(np.repeat(np.arange(len(texts)), lengths)),
            torch.from_numpy(first).unsqueeze(1), torch.from_numpy(last).unsqueeze(1),
            torch.from_numpy(ngrams), torch.from_numpy(offsets), len(texts),
        )  # fmt: skip


def vocabulary(corpus: Corpus, folding: Folding, metadata: list[augment.Metadata]) -> list[str]:
    """The special words, then the words seen twice or in a skill's name, the most frequent first."""
    counts: Counter[str] = Counter()
    for text in dict.fromkeys(corpus.train.texts):
        counts.update(folding.words(text))
    for entry in metadata:
        for text in entry.phrases:
            counts.update(folding.words(text))
        for text in entry.titles:
            counts.update(2 * folding.words(text))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [*SPECIAL_WORDS, *(word for word, count in ordered if count >= 2)]


@dataclass
class Batch:
    packed: Packed
    general: Sparse
    """Labels without a user: the brands of a capability share it as they share its rows."""
    personal: Sparse
    owner: torch.Tensor
    """int64 [pairs]: the text of each (text, enabled skill) pair."""
    enabled: torch.Tensor
    """int64 [pairs]: the skill."""
    serves: torch.Tensor
    """float [pairs]: 1 where the enabled skill has the gold skill's capability."""
    teacher: torch.Tensor
    """int64 [texts]: the row of the teacher's vectors, or -1."""
    labelled: int
    """So many texts, the first, have labels."""
    asked: int
    """So many texts are asked by users: the labelled, then requests out of scope. The others are
    made texts that the tutor judges."""


class Sampler:
    """Draws batches; the same seed and step give the same batch, so a resumed run goes on alike."""

    def __init__(self, corpus: Corpus, lexicon: Lexicon, metadata: list[augment.Metadata],
                 teacher_index: dict[str, int], seed: int, size: int = 512,
                          shares: tuple[float, float, float] = (0.62, 0.14, 0.18),
                 neighbours: list[dict[int, float]] | None = None, neighbour_share: float = 0.0,
                 foreign: int = 8000, made: list[str] | None = None, made_share: float = 0.0,
                 forgotten: float = 0.0):  # fmt: skip
        """``shares``: of training texts, of phrases and of titles in a batch; the rest is requests
        out of scope, drawn from ``foreign`` made ones. ``made_share`` × ``size`` of the ``made``
        texts are added. ``forgotten``: how often a user is taken not to have enabled the skill."""
        self.corpus, self.lexicon, self.seed, self.size = corpus, lexicon, seed, size
        self.forgotten = forgotten
        self.neighbours, self.neighbour_share = neighbours or [], neighbour_share if neighbours else 0.0
        train = corpus.train
        skill_texts: dict[str, Counter[int]] = {}
        for text, skill in zip(train.texts, train.skills):
            skill_texts.setdefault(text, Counter())[int(skill)] += 1
        self.texts = list(skill_texts)
        self.tokens = [lexicon.numbers(text) for text in self.texts]
        self.text_teacher = np.array([teacher_index.get(t, -1) for t in self.texts])
        sources = corpus.sources
        weights = []
        self.text_skills: list[tuple[np.ndarray, np.ndarray]] = []
        for counts in skill_texts.values():
            skills = np.array(list(counts))
            share = np.array(list(counts.values()), dtype=np.float64)
            self.text_skills.append((skills, share / share.sum()))
            weights.append(max(SOURCE_WEIGHTS[sources[s]] for s in skills))
        self.text_weights = np.array(weights) / np.sum(weights)

        count = len(corpus.skills)
        rows_of = np.bincount(train.skills, minlength=count).astype(np.float64)
        # Who asks for a skill: those who did in training; brands share utterances, so a text may be
        # given to anyone who asked for its skill.
        order = np.argsort(train.skills, kind="stable")
        users = np.array(train.users, dtype=object)[order]
        self.users_of = np.split(users, np.cumsum(np.bincount(train.skills, minlength=count))[:-1])
        members: dict[int, list[int]] = {}
        for skill, capability in enumerate(corpus.capability):
            members.setdefault(int(capability), []).append(skill)
        self.brands = []
        for capability in corpus.capability:
            brands = np.array(members[int(capability)])
            share = rows_of[brands] + 0.5
            self.brands.append((brands, share / share.sum()))

        self.phrase_skill, self.phrase_tokens, teach = [], [], []
        self.titles: list[list[np.ndarray]] = []
        for skill, entry in enumerate(metadata):
            self.titles.append([lexicon.numbers(t) for t in entry.titles])
            for rank, phrase in enumerate(entry.phrases):
                if self.brands[skill][0][0] != skill and not corpus.skills[skill].invocation:
                    continue  # brands repeat their capability's description
                self.phrase_skill.append(skill)
                self.phrase_tokens.append(lexicon.numbers(phrase))
                teach.append((teacher_index.get(phrase, -1), 1.0 / (1 + 0.3 * rank)))
        self.phrase_teacher = np.array([t for t, _ in teach])
        phrase_weights = np.array([w for _, w in teach])
        self.phrase_weights = phrase_weights / phrase_weights.sum()
        self.launches = [lexicon.numbers(t) if t else None for t in augment.LAUNCHES]
        self.connectives = [lexicon.numbers(t) if t else None for t in augment.CONNECTIVES]
        self.invoked = np.array([s for s, k in enumerate(corpus.skills) if k.invocation])
        # Texts without an invocation name can follow any: "ask NAME for TEXT" is NAME's.
        self.tails_of: dict[int, list[np.ndarray]] = {}
        for text, tokens in zip(self.text_skills, self.tokens):
            for skill in text[0]:
                if corpus.skills[skill].invocation and len(tokens) <= 8:
                    self.tails_of.setdefault(int(skill), []).append(tokens)
        self.tails = [t for tails in self.tails_of.values() for t in tails]
        # What is said to several skills ("help", "start over") can be said to any that is opened by
        # its name, not only to those whose few examples happen to hold it.
        self.generic = np.array([
            len({int(corpus.capability[s]) for s in skills if corpus.skills[s].invocation}) >= 3
            for skills, _ in self.text_skills
        ])  # fmt: skip
        invoked = np.zeros(count, dtype=bool)
        invoked[self.invoked] = True
        self.is_invoked = invoked
        self.openers = [u for u, rows in train.enabled.items() if invoked[rows].any()]
        self.foreign = [lexicon.numbers(text) for text in out_of_scope.synthetic_texts(foreign, seed)]
        self.all_users = list(train.enabled)
        self.counts = [round(size * share) for share in shares]
        self.made_count = round(size * made_share) if made else 0
        self.made_tokens = [lexicon.numbers(text) for text in made or ()]
        self.made_teacher = np.array([teacher_index.get(text, -1) for text in made or ()])

    def _titled(self, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        """A skill called by its name, as in "ask NAME for …"."""
        named = rng.random() < 0.75
        skill = int(rng.choice(self.invoked) if named else rng.integers(len(self.titles)))
        titles = self.titles[skill]
        title = titles[0 if rng.random() < 0.7 else rng.integers(len(titles))]
        launch = self.launches[rng.integers(len(self.launches))]
        parts = [title] if launch is None else [launch, title]
        if len(self.invoked) and rng.random() < 0.5:
            link = self.connectives[rng.integers(len(self.connectives))]
            own = self.tails_of.get(skill)
            tails = own if own and rng.random() < 0.5 else self.tails
            if link is not None:
                parts.append(link)
            parts.append(tails[rng.integers(len(tails))])
        return skill, np.concatenate(parts)

    def batch(self, step: int, word_dropout: float = 0.12, token_dropout: float = 0.08) -> Batch:
        rng = np.random.default_rng((self.seed, step))
        from_texts, from_phrases, from_titles = self.counts
        tokens: list[np.ndarray] = []
        golds: list[int] = []
        teacher: list[int] = []
        for_any: list[bool] = []
        label_rows, label_columns, label_values = [], [], []

        def label(skills: np.ndarray, shares: np.ndarray) -> None:
            label_rows.append(np.full(len(skills), len(tokens)))
            label_columns.append(skills)
            label_values.append(shares)

        def neighbourly(text: int) -> float:
            """Labels with the neighbours of one of the teacher's texts; what is left to its own."""
            near = self.neighbours[text] if text >= 0 and self.neighbour_share else {}
            if not near:
                return 1.0
            label(np.array(list(near)), self.neighbour_share * np.array(list(near.values())))
            return 1 - self.neighbour_share

        for i in rng.choice(len(self.texts), from_texts, p=self.text_weights):
            skills, shares = self.text_skills[i]
            kept = GENERIC_OWN if self.generic[i] else neighbourly(self.text_teacher[i])
            for skill, share in zip(skills, shares):
                brands, brand_shares = self.brands[skill]
                label(brands, kept * share * brand_shares)
            if self.generic[i]:
                any_skills = rng.choice(self.invoked, GENERIC_DRAWN)
                label(any_skills, np.full(GENERIC_DRAWN, (1 - kept) / GENERIC_DRAWN))
            for_any.append(bool(self.generic[i] and self.openers and rng.random() >= GENERIC_OWN))
            golds.append(int(skills[0] if len(skills) == 1 else rng.choice(skills, p=shares)))
            tokens.append(self.tokens[i])
            teacher.append(self.text_teacher[i])
        for i in rng.choice(len(self.phrase_skill), from_phrases, p=self.phrase_weights):
            skill = self.phrase_skill[i]
            kept = neighbourly(self.phrase_teacher[i])
            brands, brand_shares = self.brands[skill]
            label(brands, kept * brand_shares)
            golds.append(int(rng.choice(brands, p=brand_shares)))
            tokens.append(self.phrase_tokens[i])
            teacher.append(self.phrase_teacher[i])
        for _ in range(from_titles):
            skill, title = self._titled(rng)
            label(np.array([skill]), np.ones(1))
            golds.append(skill)
            tokens.append(title)
            teacher.append(-1)
        labelled = len(tokens)
        for i in rng.integers(0, len(self.foreign), self.size - labelled):
            tokens.append(self.foreign[i])
            teacher.append(-1)
        asked = len(tokens)
        if self.made_count:
            for i in rng.integers(0, len(self.made_tokens), self.made_count):
                tokens.append(self.made_tokens[i])
                teacher.append(self.made_teacher[i])

        # A fifth of the texts lose words: what is left must do, as after recognition errors.
        for i, text in enumerate(tokens):
            rate = token_dropout if rng.random() < 0.8 else 0.3
            if len(text) > 2:
                kept = text[rng.random(len(text)) >= rate]
                if len(kept):
                    text = kept
            tokens[i] = text[:40]
        total = sum(len(t) for t in tokens)
        packed = self.lexicon.pack(tokens, rng.random(total) < word_dropout)

        owner, enabled, serves = [], [], []
        personal_rows, personal_columns, personal_values = [], [], []
        capability = self.corpus.capability
        for i, gold in enumerate(golds):
            if i < len(for_any) and for_any[i]:
                user = self.openers[rng.integers(len(self.openers))]
                rows = self.corpus.train.enabled[user]
                serving = self.is_invoked[rows]
                owner.append(np.full(len(rows), i))
                enabled.append(rows)
                serves.append(serving)
                personal_rows.append(np.full(serving.sum(), i))
                personal_columns.append(rows[serving])
                personal_values.append(np.full(serving.sum(), 1 / serving.sum()))
                continue
            users = self.users_of[gold]
            rows = self.corpus.train.enabled.get(users[rng.integers(len(users))], None) \
                if len(users) else None  # fmt: skip
            if rows is None or not len(rows):
                rows = np.zeros(0, dtype=np.int64)
            if self.forgotten and rng.random() < self.forgotten:
                rows = rows[rows != gold]
            serving = capability[rows] == capability[gold]
            owner.append(np.full(len(rows), i))
            enabled.append(rows)
            serves.append(serving)
            brands, shares = self.brands[gold]
            if gold in rows or len(brands) == 1:
                brands, shares = np.array([gold]), np.ones(1)
            else:  # none of them is told apart by the text: only that it is one not enabled
                left = ~np.isin(brands, rows)
                brands, shares = brands[left], shares[left] / shares[left].sum()
            personal_rows.append(np.full(len(brands), i))
            personal_columns.append(brands)
            personal_values.append(shares)

        for i in range(labelled, asked):
            rows = self.corpus.train.enabled[self.all_users[rng.integers(len(self.all_users))]]
            owner.append(np.full(len(rows), i))
            enabled.append(rows)
            serves.append(np.zeros(len(rows), dtype=bool))

        return Batch(
            packed,
            _sparse(label_rows, label_columns, label_values),
            _sparse(personal_rows, personal_columns, personal_values),
            torch.from_numpy(np.concatenate(owner)),
            torch.from_numpy(np.concatenate(enabled)),
            torch.from_numpy(np.concatenate(serves).astype(np.float32)),
            torch.tensor(teacher),
            labelled,
            asked,
        )


def _sparse(rows: list[np.ndarray], columns: list[np.ndarray], values: list[np.ndarray]) -> Sparse:
    return Sparse(
        torch.from_numpy(np.concatenate(rows)).long(),
        torch.from_numpy(np.concatenate(columns)).long(),
        torch.from_numpy(np.concatenate(values)).float(),
    )
