"""The encoder's first lessons: to give sentences the teacher's embeddings.

No labels are needed, so that every text counts, labelled, made, or a single word; and without the
softmax over all skills a step is cheap. What the encoder has learned so generalises better than
what labels teach it: training on the labels begins here.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot_training import checkpoints
from earshot_training.model import Shortlister
from earshot_training.progress import Progress

if TYPE_CHECKING:
    from earshot_training.batches import Lexicon
    from earshot_training.train import Settings

_WARM_UP = 200
_PAIRS = 256
_LIKENESS_WEIGHT = 2.0
_MAX_WORDS = 40
_UNKNOWN_SHARE = 0.06
_SAVE_EVERY = 250
_OWN = ("encoder.", "teach.")


def imitation_loss(given: Tensor, wanted: Tensor) -> Tensor:
    """``given`` [n, E], ``wanted`` [n, E] of length 1: how far the directions lie apart, and how
    much likenesses between texts differ (Tung and Mori, ICCV 2019)."""
    given = functional.normalize(given.float(), dim=-1)
    apart = (1 - (given * wanted).sum(-1)).mean()
    first, second = slice(0, _PAIRS), slice(_PAIRS, 2 * _PAIRS)
    likeness = given[first] @ given[second].t() - wanted[first] @ wanted[second].t()
    return apart + _LIKENESS_WEIGHT * likeness.square().mean()


def _key(lexicon: Lexicon, places: dict[str, int], settings: Settings) -> str:
    """Of what the result depends on: the encoder, the texts, the way of training."""
    same = replace(
        settings, steps=0, batch=0, warm_up=0, rate=0, dropout=0, averaging=0, attention_weight=0,
        teacher_weight=0, encoder_rate=0, attend=True, bits=True, attention="sigmoid", scope_weight=0,
        tutor_share=0, forgotten=0, row_decay=0,
    )  # fmt: skip
    constants = (_WARM_UP, _PAIRS, _LIKENESS_WEIGHT, _MAX_WORDS, _UNKNOWN_SHARE)
    digest = hashlib.sha256(repr((asdict(same), constants)).encode())
    digest.update("\n".join(places).encode())
    digest.update("\n".join(lexicon.tokenizer.vocabulary).encode())
    return digest.hexdigest()[:24]


def imitate(model: Shortlister, lexicon: Lexicon, places: dict[str, int], vectors: Tensor,
            settings: Settings, cache: Path) -> None:  # fmt: skip
    """Teaches the model's encoder: a text's embedding is row ``places[text]`` of ``vectors``, of
    length 1. Resumable; what was learned is kept in ``cache``."""
    path = cache / f"imitation-{_key(lexicon, places, settings)}.pt"
    trained = {n: p for n, p in model.named_parameters() if n.startswith(_OWN)}
    tables = [p for n, p in trained.items() if n.endswith(("words.weight", "table.weight"))]
    rest = [p for n, p in trained.items() if not n.endswith(("words.weight", "table.weight"))]
    rates = (settings.imitation_rate, settings.imitation_rate / 2)
    optimizer = torch.optim.AdamW(
        [
            {"params": tables, "lr": rates[0], "weight_decay": 0.0},
            {"params": rest, "lr": rates[1], "weight_decay": 0.01},
        ],
        betas=(0.9, 0.98), fused=True,
    )  # fmt: skip
    begin = 0
    if path.exists():
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"], strict=False)
        begin = state["step"]
        if begin == settings.imitation_steps:
            return
        optimizer.load_state_dict(state["optimizer"])
    rows = np.array(list(places.values()))
    numbers = [lexicon.numbers(text)[:_MAX_WORDS] for text in places]
    dropout, model.encoder.dropout.p = model.encoder.dropout.p, settings.imitation_dropout
    progress = Progress("imitation", settings.imitation_steps - begin)
    model.train()
    for step in range(begin, settings.imitation_steps):
        rng = np.random.default_rng((settings.seed, step))
        torch.manual_seed(settings.seed * 1_000_003 + step)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * _schedule(step, settings.imitation_steps)
        chosen = rng.integers(0, len(rows), settings.imitation_batch)
        drawn = [numbers[i] for i in chosen]
        packed = lexicon.pack(drawn, rng.random(sum(map(len, drawn))) < _UNKNOWN_SHARE)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            given = model.teach(model.encoder(packed))
        loss = imitation_loss(given, vectors[rows[chosen]])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(list(trained.values()), 2.0)
        optimizer.step()
        progress.advance(1, f"loss {loss.item():.3f}")
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.imitation_steps:
            weights = {n: p for n, p in model.state_dict().items() if n.startswith(_OWN)}
            done = step + 1 == settings.imitation_steps
            state = {"step": step + 1, "model": weights}
            checkpoints.save(state if done else state | {"optimizer": optimizer.state_dict()}, path)
    model.encoder.dropout.p = dropout


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up, and a cosine to 3%."""
    cosine = 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / _WARM_UP) * cosine
