"""The training loop: seeded, resumable, the weights averaged over the last steps."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot_training import augment, checkpoints, imitation, interests, teacher
from earshot_training import tutor as tutors
from earshot_training.batches import Batch, Lexicon, Sampler, vocabulary
from earshot_training.data import Corpus
from earshot_training.losses import Sparse, energies
from earshot_training.made_texts import made_texts, words_of_like_meaning
from earshot_training.model import Dimensions, Shortlister, initial_rate
from earshot_training.progress import Progress
from earshot_training.tokenizer import Folding, Tokenizer
from earshot_training.tutor import Tutor

_TUTOR_SHARES = (0.85, 0.15, 0.0)


@dataclass(frozen=True)
class Settings:
    seed: int = 1
    steps: int = 3000
    batch: int = 512
    rate: float = 4e-3
    warm_up: int = 300
    dropout: float = 0.2
    averaging: float = 0.999
    attention_weight: float = 0.5
    """Of the attention's own loss (EMNLP 2018, eq. 7); 0 for softmax attention."""
    imitation_steps: int = 2000
    """Of the encoder on the teacher's embeddings alone, before all else."""
    imitation_batch: int = 1024
    imitation_rate: float = 4e-3
    imitation_dropout: float = 0.1
    encoder_rate: float = 0.5
    """The encoder's rate by that of the rest, now that it has begun elsewhere."""
    teacher_weight: float = 2.0
    teacher_rows: bool = True
    teacher_words: bool = True
    attend: bool = True
    """Off: the summary is the null summary for everyone (ablation)."""
    bits: bool = True
    """Off: no enablement boosts (ablation)."""
    attention: str = "sigmoid"
    layers: int = 2
    hidden: int = 384
    word: int = 256
    query: int = 256
    ngram_buckets: int = 32768
    text_share: float = 0.63
    phrase_share: float = 0.14
    title_share: float = 0.17
    scope_weight: float = 0.25
    neighbour_share: float = 0.1
    """Of the tutor's label of a text: what goes to the skills whose texts mean nearly the same."""
    tutor_share: float = 0.4
    """Of a label without a user: what the tutor's judgement makes up."""
    made: int = 98_304
    made_share: float = 0.3
    """How many made texts the tutor judges, and their number in a batch by its labelled ones."""
    forgotten: float = 0.1
    interests: bool = True
    row_decay: float = 0.02


@dataclass
class Prepared:
    """What does not change in training."""

    corpus: Corpus
    tokenizer: Tokenizer
    lexicon: Lexicon
    metadata: list[augment.Metadata]
    teacher_index: dict[str, int]
    teacher_vectors: Tensor
    features: Tensor
    word_vectors: Tensor
    neighbours: list[dict[int, float]]
    """By the teacher's texts: the skills of what is nearest in meaning."""
    made: list[str]
    tutor: Tutor
    cache: Path
    """Where what takes long is kept for the next run."""


def _reduce(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """The vectors' first principal components, [n, dimensions], with a mean square of 1."""
    centred = vectors.astype(np.float32) - vectors.mean(0, dtype=np.float32)
    _, _, axes = np.linalg.svd(centred.T @ centred)
    reduced = centred @ axes[:dimensions].T
    return reduced / np.sqrt((reduced**2).mean())


def prepare(corpus: Corpus, settings: Settings, cache: Path) -> Prepared:
    folding = Folding.from_unicode()
    metadata = [augment.metadata(skill) for skill in corpus.skills]
    tokenizer = Tokenizer(folding, vocabulary(corpus, folding, metadata), settings.ngram_buckets)
    train_texts = list(dict.fromkeys(corpus.train.texts))
    said = list(dict.fromkeys(t for m in metadata for t in m.phrases + m.titles))
    vectors = np.concatenate(
        (
            teacher.embed(train_texts, cache, "train texts"),
            teacher.embed(said, cache, "phrases"),
        )
    )
    index = {text: i for i, text in enumerate(train_texts + said)}
    words = teacher.embed(tokenizer.vocabulary[3:], cache, "words")
    word_vectors = np.zeros((len(tokenizer.vocabulary), settings.word), dtype=np.float32)
    word_vectors[3:] = 0.5 * _reduce(words, settings.word)

    parts = np.zeros((len(corpus.skills), 3 * teacher.DIMENSIONS), dtype=np.float32)
    for row, entry in enumerate(metadata):
        for place, texts in enumerate((entry.titles[:1], entry.titles[1:], entry.phrases)):
            if texts:
                mean = np.mean([vectors[index[t]].astype(np.float32) for t in texts], axis=0)
                parts[row, place * 384 : (place + 1) * 384] = mean
    features = _reduce(parts, 256)
    skills: list[set[int]] = [set() for _ in vectors]
    for text, skill in zip(corpus.train.texts, corpus.train.skills.tolist()):
        skills[index[text]].add(skill)
    for skill, entry in enumerate(metadata):
        for text in entry.titles + entry.phrases:
            skills[index[text]].add(skill)
    taught = torch.from_numpy(vectors).float()
    features = torch.from_numpy(features)
    lexicon = Lexicon(tokenizer)
    neighbours = teacher.neighbours(taught, [sorted(s) for s in skills], cache)
    sampler = Sampler(
        corpus, lexicon, metadata, index, settings.seed, 768, _TUTOR_SHARES, neighbours,
        settings.neighbour_share,
    )  # fmt: skip
    tutor = tutors.train(sampler, taught, features, len(corpus.skills), settings.seed, cache)
    like = {}
    for word, others in zip(tokenizer.vocabulary[3:], words_of_like_meaning(words)):
        like[word] = [tokenizer.vocabulary[3 + other] for other in others]
    spoken = [folding.words(text) for text in sampler.texts]
    made = made_texts(spoken, sampler.text_weights, like, settings.made, settings.seed)
    index |= {text: len(taught) + i for i, text in enumerate(made)}
    judged = torch.from_numpy(teacher.embed(made, cache, "made texts")).float()
    if settings.interests:
        interest = torch.from_numpy(interests.vectors(corpus.train, len(corpus.skills)))
        interest = 8 * functional.normalize(interest, dim=-1)
        features = torch.cat((features, interest), dim=-1)
    return Prepared(
        corpus, tokenizer, lexicon, metadata, index, torch.cat((taught, judged)), features,
        torch.from_numpy(word_vectors), neighbours, made, tutor, cache,
    )  # fmt: skip


def build(prepared: Prepared, settings: Settings) -> Shortlister:
    torch.manual_seed(settings.seed)
    corpus = prepared.corpus
    dims = Dimensions(
        words=len(prepared.tokenizer.vocabulary), skills=len(corpus.skills),
        features=prepared.features.shape[1], query=settings.query, word=settings.word,
        hidden=settings.hidden, layers=settings.layers, ngram_buckets=settings.ngram_buckets,
        attention=settings.attention,
    )  # fmt: skip
    rate = initial_rate(torch.from_numpy(corpus.enabled_counts()), len(corpus.train.enabled))
    features = prepared.features if settings.teacher_rows else torch.zeros_like(prepared.features)
    model = Shortlister(dims, rate, features, settings.dropout)
    if settings.teacher_words:
        with torch.no_grad():
            model.encoder.words.weight.copy_(prepared.word_vectors)
    if not settings.bits:
        model.boost.requires_grad_(False)
        with torch.no_grad():
            model.boost.zero_()
    return model


def losses(model: Shortlister, batch: Batch, settings: Settings, taught: Tensor,
           judged: Tensor | None = None) -> dict[str, Tensor]:  # fmt: skip
    """The terms of the loss, each a mean over the batch's texts (the attention's: over its pairs).
    ``judged`` bfloat16 [texts, S]: what the tutor makes of them; 0 where it was not asked."""
    with torch.set_grad_enabled(model.encoder.norm.weight.requires_grad):
        u = model.encoder(batch.packed)
    rows = model.rows()
    scale = model.scale()
    terms = {}
    dropped = model.dropout(u)
    inside = slice(0, batch.labelled)
    general = model.null_query(dropped)
    weight = None
    if judged is not None:
        weight = torch.where(batch.teacher >= 0, settings.tutor_share, 0.0)
        batch.general.values *= 1 - weight[batch.general.rows]
        weight[batch.asked :] = 1.0
    energy, labelled = energies(general, rows, model.bias, scale, batch.general, None, judged, weight)
    terms["general"] = (energy - labelled)[inside].mean()
    if judged is not None:
        terms["made"] = settings.made_share * (energy - labelled)[batch.asked :].mean()
    scoped = [energy[: batch.asked]]
    dropped = dropped[: batch.asked]
    if settings.attend:
        enabled_rows = rows[batch.enabled]
        scores = model.attention.scores(dropped, enabled_rows, batch.owner)
        s = model.attention.summary(scores, enabled_rows, batch.owner, batch.asked)
        query = model.fuse(dropped, s)
        if settings.attention == "sigmoid" and settings.attention_weight:
            terms["attention"] = settings.attention_weight * (
                functional.binary_cross_entropy_with_logits(scores, batch.serves)
            )
    else:
        query = general[: batch.asked]
    if settings.attend or settings.bits:
        boost = Sparse(batch.owner, batch.enabled, model.boosts()[batch.enabled])
        energy, labelled = energies(query, rows, model.bias, scale, batch.personal, boost)
        terms["personal"] = (energy - labelled)[inside].mean()
        scoped.append(energy)
    if settings.scope_weight:
        in_scope = torch.arange(batch.asked) < batch.labelled
        terms["scope"] = settings.scope_weight * sum(
            _scope_loss(model, energy, in_scope) for energy in scoped
        )
    if settings.teacher_weight:
        has = batch.teacher >= 0
        similarity = functional.cosine_similarity(
            model.teach(u[has]).float(), taught[batch.teacher[has]], dim=-1
        )
        terms["teacher"] = settings.teacher_weight * (1 - similarity).mean()
    return terms


def _scope_loss(model: Shortlister, energy: Tensor, inside: Tensor) -> Tensor:
    """Out-of-scope requests shall have little energy (Liu et al., NeurIPS 2020)."""
    slope, offset = model.scope_energy
    # In-scope and out-of-scope requests weigh the same.
    weight = torch.where(inside, 0.5 / inside.sum(), 0.5 / (~inside).sum().clamp(min=1))
    return functional.binary_cross_entropy_with_logits(
        slope * (energy - offset), inside.float(), weight, reduction="sum"
    )


def _optimizer(model: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    encoder = [(n, p) for n, p in trained if n.startswith("encoder.")]
    tables = [p for n, p in encoder if n.endswith(("words.weight", "table.weight"))]
    layers = [p for n, p in encoder if not n.endswith(("words.weight", "table.weight"))]
    rows = [p for n, p in trained if n in ("own_rows", "bias")]
    chosen = {id(p) for p in tables + layers + rows}
    rest = [p for _, p in trained if id(p) not in chosen]
    of_encoder = settings.rate * (settings.encoder_rate if settings.imitation_steps else 1)
    return torch.optim.AdamW(
        [
            {"params": tables, "lr": of_encoder, "weight_decay": 0.0},
            {"params": layers, "lr": of_encoder / 2, "weight_decay": 0.01},
            {"params": rows, "lr": settings.rate, "weight_decay": settings.row_decay},
            {"params": rest, "lr": settings.rate / 2, "weight_decay": 0.01},
        ],
        betas=(0.9, 0.98), fused=True,
    )  # fmt: skip


def schedule(step: int, settings: Settings) -> float:
    """Linear warm-up, then a cosine to 2%."""
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def train(prepared: Prepared, settings: Settings, checkpoint: Path | None,
          label: str = "train", start: Shortlister | None = None,
          frozen: tuple[str, ...] = ()) -> Shortlister:  # fmt: skip
    """The averaged model after ``settings.steps``. With a checkpoint path, state is kept there and
    a run that finds it goes on from it; one made with other settings is refused. ``start``: weights
    to begin with; ``frozen``: prefixes of the parameters that stay as they are."""
    model = start or build(prepared, settings)
    resumed = checkpoint is not None and checkpoint.exists()
    if settings.imitation_steps and not start and not resumed:
        imitation.imitate(model, prepared.lexicon, prepared.teacher_index, prepared.teacher_vectors,
                          settings, prepared.cache)  # fmt: skip
    for name, parameter in model.named_parameters():
        if name.startswith(frozen or ("\0",)):
            parameter.requires_grad_(False)
    averaged = copy.deepcopy(model).requires_grad_(False)
    optimizer = _optimizer(model, settings)
    sampler = Sampler(
        prepared.corpus, prepared.lexicon, prepared.metadata, prepared.teacher_index, settings.seed,
        settings.batch, (settings.text_share, settings.phrase_share, settings.title_share),
        made=prepared.made, made_share=settings.made_share, forgotten=settings.forgotten,
    )  # fmt: skip
    tutor_rows = prepared.tutor.rows().to(torch.bfloat16)
    rates = [group["lr"] for group in optimizer.param_groups]
    begin = 0
    spent = 0.0
    if checkpoint and resumed:
        state = torch.load(checkpoint, weights_only=True)
        if state["settings"] != asdict(settings):
            raise ValueError(f"{checkpoint} was made with other settings; remove it to start anew")
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        begin, spent = state["step"], state["seconds"]
    begun = time.monotonic() - spent
    progress = Progress(label, settings.steps - begin)
    running: dict[str, float] = {}
    model.train()
    for step in range(begin, settings.steps):
        torch.manual_seed(settings.seed * 1_000_003 + step)
        batch = sampler.batch(step)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * schedule(step, settings)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            judged = None
            if settings.tutor_share:
                sentence = prepared.teacher_vectors[batch.teacher.clamp(min=0)]
                judged = prepared.tutor.judge(sentence, tutor_rows)
            terms = losses(model, batch, settings, prepared.teacher_vectors, judged)
        total = torch.stack(list(terms.values())).sum()
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        _average(averaged, model, settings, step)
        for name, term in terms.items():
            value = term.item()
            running[name] = 0.98 * running.get(name, value) + 0.02 * value
        note = ", ".join(f"{name} {value:.3f}" for name, value in running.items())
        note += f", scale {model.scale().item():.1f}, boost {model.boost.tolist()}"
        progress.advance(1, note)
        if checkpoint and ((step + 1) % 250 == 0 or step + 1 == settings.steps):
            state: dict[str, Any] = {
                "settings": asdict(settings), "step": step + 1, "model": model.state_dict(),
                "averaged": averaged.state_dict(), "optimizer": optimizer.state_dict(),
                "seconds": time.monotonic() - begun,
            }  # fmt: skip
            checkpoints.save(state, checkpoint)
    return averaged.eval()


_AVERAGE_EVERY = 8


@torch.no_grad()
def _average(averaged: nn.Module, model: nn.Module, settings: Settings, step: int) -> None:
    if step % _AVERAGE_EVERY and step + 1 != settings.steps:
        return
    # The first steps' weights are soon forgotten: the average is over no more than a tenth of them.
    keep = min(settings.averaging**_AVERAGE_EVERY, 1 - _AVERAGE_EVERY / (0.1 * step + _AVERAGE_EVERY))
    for mean, value in zip(averaged.parameters(), model.parameters()):
        mean.lerp_(value, 1 - keep)
