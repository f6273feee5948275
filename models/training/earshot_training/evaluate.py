"""Accuracy, calibration and out-of-scope figures; the model's answers on evaluation rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from earshot_training.batches import Lexicon
from earshot_training.data import Rows
from earshot_training.model import Shortlister

DEPTHS = (1, 3, 5)


@dataclass
class Queries:
    """What the model makes of rows: float32 [n, D] without and with the user; ``owner`` and
    ``enabled`` int64 [pairs] list the rows' enabled skills."""

    general: Tensor
    personal: Tensor
    owner: Tensor
    enabled: Tensor


def enabled_pairs(rows: Rows) -> tuple[Tensor, Tensor]:
    lists = [rows.enabled.get(user, np.zeros(0, dtype=np.int64)) for user in rows.users]
    owner = np.repeat(np.arange(len(lists)), [len(e) for e in lists])
    return torch.from_numpy(owner), torch.from_numpy(np.concatenate(lists).astype(np.int64))


@torch.no_grad()
def encode_texts(model: Shortlister, lexicon: Lexicon, texts: list[str]) -> Tensor:
    """``u`` [n, D]."""
    tokens = [lexicon.numbers(text) for text in texts]
    parts = [model.encoder(lexicon.pack(tokens[i : i + 1024])) for i in range(0, len(tokens), 1024)]
    return torch.cat(parts)


@torch.no_grad()
def queries(model: Shortlister, lexicon: Lexicon, rows: Rows, attend: bool = True) -> Queries:
    model.eval()
    u = encode_texts(model, lexicon, rows.texts)
    general = model.null_query(u)
    owner, enabled = enabled_pairs(rows)
    personal = general
    if attend:
        enabled_rows = model.rows()[enabled]
        scores = model.attention.scores(u, enabled_rows, owner)
        personal = model.fuse(u, model.attention.summary(scores, enabled_rows, owner, len(u)))
    return Queries(general, personal, owner, enabled)


@dataclass
class Ranking:
    """int64 [n, k] best first; float32 [n, k] their logits; float32 [n] the log-sum-exp of all."""

    indices: np.ndarray
    logits: np.ndarray
    normaliser: np.ndarray

    def hits(self, gold: np.ndarray, depth: int) -> np.ndarray:
        """bool [n]."""
        return (self.indices[:, :depth] == gold[:, None]).any(1)


@torch.no_grad()
def rank(q: Tensor, rows: Tensor, bias: Tensor, scale: Tensor, owner: Tensor | None = None,
         enabled: Tensor | None = None, boosts: Tensor | None = None, inverse_temperature: float = 1.0,
         k: int = 20) -> Ranking:  # fmt: skip
    parts = []
    for begin in range(0, len(q), 2048):
        logits = torch.addmm(bias, q[begin : begin + 2048], rows.t(), alpha=scale.item())
        if owner is not None:
            inside = (owner >= begin) & (owner < begin + 2048)
            logits[owner[inside] - begin, enabled[inside]] += boosts[enabled[inside]]
        logits *= inverse_temperature
        top = logits.topk(k)
        parts.append((top.indices, top.values, logits.logsumexp(1)))
    return Ranking(*(torch.cat(p).numpy() for p in zip(*parts)))


@dataclass
class Answers:
    general: Ranking
    personal: Ranking


def answers(model: Shortlister, lexicon: Lexicon, rows: Rows, attend: bool = True) -> Answers:
    found = queries(model, lexicon, rows, attend)
    with torch.no_grad():
        table, scale = model.rows(), model.scale()
        return Answers(
            rank(found.general, table, model.bias, scale),
            rank(found.personal, table, model.bias, scale, found.owner, found.enabled, model.boosts()),
        )


def accuracy(ranking: Ranking, rows: Rows, sources: np.ndarray) -> dict[str, list[float]]:
    """Top-1/3/5 in percent, overall and by source."""
    source = sources[rows.skills]
    table = {}
    for name in ["all", *sorted(set(source))]:
        chosen = np.ones(len(rows), bool) if name == "all" else source == name
        table[name] = [100 * float(ranking.hits(rows.skills, d)[chosen].mean()) for d in DEPTHS]
    return table


def calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of the first answer (Guo et al., ICML 2017): equal-width bins."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = place == b
        if inside.any():
            gap = abs(confidence[inside].mean() - correct[inside].mean())
            error += inside.mean() * gap
    return float(error)


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """P(an in-scope text scores higher than an out-of-scope one), ties half."""
    order = np.sort(inside)
    below = np.searchsorted(order, outside, "left")
    up_to = np.searchsorted(order, outside, "right")
    return float(1 - ((below + up_to) / 2).mean() / len(order))
