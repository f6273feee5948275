"""Training of the context encoder: contrastive, against other turns' texts and wrong hypotheses."""

from __future__ import annotations

import copy
import json
import math
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot_training import checkpoints
from earshot_training.batches import Lexicon
from earshot_training.context import data
from earshot_training.context.confusions import confusions, read_lexicon
from earshot_training.context.examples import WRONG, Batch, Examples
from earshot_training.context.model import ContextModel, Dimensions
from earshot_training.data import read_lines
from earshot_training.progress import Progress
from earshot_training.tokenizer import SPECIAL_WORDS, Folding, Tokenizer

PEOPLE = 10_000
"""Rare words of the lexicon, surnames most of them, of which new names are made."""


@dataclass(frozen=True)
class Settings:
    steps: int = 1000
    batch: int = 64
    rate: float = 3e-3
    warm_up: int = 100
    dropout: float = 0.1
    averaging: float = 0.995
    unknown: float = 0.25
    """The share of words that are read by their characters alone."""
    wrong_weight: float = 1.0
    shuffled_weight: float = 1.0
    """Of the demand that a wrong hypothesis is neither better nor worse where the context is another
    turn's."""
    balance_weight: float = 0.5
    vocabulary: int = 8192
    pretrained: bool = True
    seed: int = 1


@dataclass
class Prepared:
    turns: data.Turns
    lexicon: Lexicon
    confusions: dict[str, list[str]]
    people: list[str]
    word_vectors: np.ndarray | None


def _vocabulary(turns: list[data.Turn], folding: Folding, counts: Counter[str], size: int) -> list[str]:
    """The special words, then the words of the dialogues seen three times, then what else is often
    asked of assistants."""
    own: Counter[str] = Counter()
    for turn in turns:
        for text in (turn.reply, turn.text):
            own.update(folding.words(text))
    chosen = [w for w, n in sorted(own.items(), key=lambda e: (-e[1], e[0])) if n >= 3]
    known = set(chosen)
    chosen += [w for w, n in sorted(counts.items(), key=lambda e: (-e[1], e[0])) if n >= 5 and w not in known]
    return [*SPECIAL_WORDS, *chosen[: size - len(SPECIAL_WORDS)]]


def _pretrained(folder: Path, vocabulary: list[str], size: int) -> np.ndarray:
    """float32 [V, size]: the shortlister's word vectors, reduced to their first principal components;
    zero where it does not know a word."""
    words = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1]
    scales = np.fromfile(folder / "word_scales.f32", "<f4")
    table = np.fromfile(folder / "words.i8", np.int8).reshape(len(words), -1) * scales[:, None]
    place = {word: i for i, word in enumerate(words)}
    rows = np.array([place.get(word, -1) for word in vocabulary])
    known = table[rows[rows > 2]]
    centre = known.mean(0)
    _, _, axes = np.linalg.svd((known - centre).T @ (known - centre))
    found = np.where(rows[:, None] > 2, (table[rows] - centre) @ axes[:size].T, 0)
    return (0.5 * found / np.sqrt((found[rows > 2] ** 2).mean())).astype(np.float32)


def prepare(folder: Path, bundle: Path, settings: Settings, cache: Path) -> Prepared:
    """``bundle``: the shortlister's, whose word vectors training begins with."""
    turns = data.load(folder)
    folding = Folding.from_unicode()
    counts: Counter[str] = Counter()
    for row in read_lines(folder / "shortlist" / "train.jsonl.gz"):
        counts.update(folding.words(row["text"]))
    vocabulary = _vocabulary(turns.train, folding, counts, settings.vocabulary)
    lexicon = Lexicon(Tokenizer(folding, vocabulary, Dimensions(0).ngram_buckets))
    pronounced = read_lexicon(folder / "lexicon" / "cmudict.dict.gz")
    heard = [w for w in vocabulary[3:] if w in pronounced]
    said = {w for t in turns.train + turns.held_out for w in folding.words(t.text)}
    said |= {w for t in turns.dev + turns.followups for w in folding.words(t.text)}
    frequent = {w for w, _ in counts.most_common(2000)}
    rng = np.random.default_rng(settings.seed)
    people = sorted(w for w in pronounced if w.isalpha() and 3 <= len(w) <= 10 and w not in frequent)
    people = [people[i] for i in rng.choice(len(people), min(PEOPLE, len(people)), replace=False)]
    kept = cache / "confusions.json"
    if kept.exists():
        confused = json.loads(kept.read_text())
    else:
        confused = confusions(sorted(said | set(people)), heard, pronounced)
        cache.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".part")
        partial.write_text(json.dumps(confused))
        partial.replace(kept)
    vectors = _pretrained(bundle, vocabulary, Dimensions(0).word) if settings.pretrained else None
    return Prepared(turns, lexicon, confused, people, vectors)


def build(prepared: Prepared, settings: Settings) -> ContextModel:
    torch.manual_seed(settings.seed)
    model = ContextModel(Dimensions(len(prepared.lexicon.tokenizer.vocabulary)), settings.dropout)
    if prepared.word_vectors is not None:
        with torch.no_grad():
            model.words.weight.copy_(torch.from_numpy(prepared.word_vectors))
    return model


@dataclass
class Encoded:
    """A batch read by the model: embeddings, and each text's words and pooled vector."""

    embedding: Tensor
    h: Tensor
    pooled: Tensor


def encode(model: ContextModel, batch: Batch) -> Encoded:
    pooled = model.pool(model.encode_words(batch.items), batch.items)
    b, i = batch.present.shape
    slots = pooled.new_zeros(b * i, pooled.shape[1]).index_copy(0, batch.slots, pooled).view(b, i, -1)
    embedding = model.embed(slots, batch.kinds, batch.present)
    h = model.encode_words(batch.texts)
    return Encoded(embedding, h, model.pool(h, batch.texts))


def losses(model: ContextModel, batch: Batch, settings: Settings) -> dict[str, Tensor]:
    read = encode(model, batch)
    b = len(batch.present)
    of_said = batch.texts.text < b
    scores = model.match(read.embedding, batch.present, read.h[of_said], read.pooled[:b],
                         batch.texts.text[of_said])  # fmt: skip
    # As critics of van den Oord et al.: which text follows the context, which context precedes the text.
    diagonal = torch.eye(b, dtype=torch.bool)
    clear = scores.masked_fill(batch.same & ~diagonal, float("-inf"))
    target = torch.arange(b)
    terms = {
        "text": functional.cross_entropy(clear, target),
        "context": functional.cross_entropy(clear.t(), target),
        # Noise-contrastive with as much weight on what was said as on all else: the score's zero.
        "balance": settings.balance_weight * (
            functional.softplus(-scores.diagonal()).mean() + functional.softplus(scores[~diagonal]).mean()
        ),
    }  # fmt: skip
    read_wrong = (read.h[~of_said], read.pooled[b:], batch.texts.text[~of_said] - b)
    wrong = model.match(read.embedding, batch.present, *read_wrong, target.repeat_interleave(WRONG))
    choices = torch.cat((scores.diagonal().unsqueeze(1), wrong.view(b, WRONG)), dim=1)
    found = functional.cross_entropy(choices, torch.zeros_like(target), reduction="none")
    terms["wrong"] = settings.wrong_weight * (found * batch.told.clamp(min=0.1)).mean()
    if settings.shuffled_weight:
        # Where the context is another turn's, neither text may look better.
        other = (target + int(torch.randint(1, b, ()))) % b
        of_other = scores[other, target]
        wrong = model.match(read.embedding, batch.present, *read_wrong, other.repeat_interleave(WRONG))
        difference = of_other.unsqueeze(1) - wrong.view(b, WRONG)
        terms["shuffled"] = settings.shuffled_weight * functional.huber_loss(
            difference, torch.zeros_like(difference)
        )
    return terms


def schedule(step: int, settings: Settings) -> float:
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def train(prepared: Prepared, settings: Settings, checkpoint: Path | None) -> ContextModel:
    """The averaged model. With a checkpoint path, a run that finds one goes on from it; one made with
    other settings is refused."""
    model = build(prepared, settings)
    averaged = copy.deepcopy(model).requires_grad_(False)
    tables = [model.words.weight, model.characters.table.weight]
    chosen = {id(p) for p in tables}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in chosen]
    optimizer = torch.optim.AdamW(
        [{"params": tables, "lr": settings.rate, "weight_decay": 0.0},
         {"params": rest, "lr": settings.rate / 2, "weight_decay": 0.01}],
        betas=(0.9, 0.98),
    )  # fmt: skip
    examples = Examples(prepared.turns.train, prepared.lexicon, prepared.confusions, prepared.people,
                        settings.seed)  # fmt: skip
    rates = [group["lr"] for group in optimizer.param_groups]
    begin, spent = 0, 0.0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["settings"] != asdict(settings):
            raise ValueError(f"{checkpoint} was made with other settings; remove it to start anew")
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        begin, spent = state["step"], state["seconds"]
    begun = time.monotonic() - spent
    progress = Progress("context", settings.steps - begin)
    running: dict[str, float] = {}
    model.train()
    for step in range(begin, settings.steps):
        torch.manual_seed(settings.seed * 1_000_003 + step)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * schedule(step, settings)
        terms = losses(model, examples.batch(step, settings.batch, settings.unknown), settings)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        with torch.no_grad():
            keep = min(settings.averaging, 1 - 1 / (0.1 * step + 1))
            for mean, value in zip(averaged.parameters(), model.parameters()):
                mean.lerp_(value, 1 - keep)
        for name, term in terms.items():
            running[name] = 0.98 * running.get(name, term.item()) + 0.02 * term.item()
        progress.advance(1, ", ".join(f"{name} {value:.3f}" for name, value in running.items()))
        if checkpoint and ((step + 1) % 250 == 0 or step + 1 == settings.steps):
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            checkpoints.save({
                "settings": asdict(settings), "step": step + 1, "model": model.state_dict(),
                "averaged": averaged.state_dict(), "optimizer": optimizer.state_dict(),
                "seconds": time.monotonic() - begun,
            }, checkpoint)  # fmt: skip
    return averaged.eval()
