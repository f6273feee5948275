"""A large classifier whose judgement the shipped one learns.

A network over the teacher's sentence embeddings, trained on the same labels: it has read more than
the training texts, so that it knows what a new text resembles. Too slow to serve, it judges any
number of unlabelled texts in training (knowledge distillation; Hinton et al., 2015).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot_training import checkpoints, teacher
from earshot_training.batches import Sampler
from earshot_training.losses import energies
from earshot_training.progress import Progress

STEPS = 1500
_HIDDEN = 1024
_QUERY = 256
_SCALE = 24.0
_NOISE = 0.02
_ROOT = teacher.DIMENSIONS**0.5


class Tutor(nn.Module):
    """Sentence embeddings [n, 384] → logits over the skills."""

    def __init__(self, skills: int, features: Tensor):
        super().__init__()
        self.inner = nn.Linear(teacher.DIMENSIONS, _HIDDEN)
        self.outer = nn.Linear(_HIDDEN, _QUERY)
        self.direct = nn.Linear(teacher.DIMENSIONS, _QUERY, bias=False)
        self.own_rows = nn.Parameter(torch.randn(skills, _QUERY) * 0.02)
        self.text_rows = nn.Linear(features.shape[1], _QUERY, bias=False)
        self.bias = nn.Parameter(torch.zeros(skills))
        self.dropout = nn.Dropout(0.3)
        self.register_buffer("features", features, persistent=False)

    def query(self, sentence: Tensor) -> Tensor:
        x = sentence * _ROOT
        hidden = self.dropout(functional.relu(self.inner(x)))
        return functional.normalize((self.direct(x) + self.outer(hidden)).float(), dim=-1)

    def rows(self) -> Tensor:
        return functional.normalize(self.own_rows + self.text_rows(self.features), dim=-1)

    @torch.no_grad()
    def judge(self, sentence: Tensor, rows: Tensor) -> Tensor:
        """Probabilities, bfloat16 [n, S]; ``rows``: what ``rows()`` gave, in bfloat16."""
        q = (self.query(sentence) * _SCALE).to(torch.bfloat16)
        return torch.softmax(torch.mm(q, rows.t()) + self.bias.to(torch.bfloat16), dim=1)


def _key(sampler: Sampler, vectors: Tensor, features: Tensor, skills: int, seed: int) -> str:
    """Other texts, labels or settings make another tutor."""
    settings = (STEPS, _HIDDEN, _QUERY, _SCALE, _NOISE, seed, skills, sampler.size, sampler.counts)
    drawn = sampler.batch(0)
    digest = hashlib.sha256(repr((settings, sampler.neighbour_share)).encode())
    for part in (vectors[::50], features, drawn.general.columns, drawn.general.values):
        digest.update(part.contiguous().numpy().tobytes())
    return digest.hexdigest()[:24]


def train(sampler: Sampler, vectors: Tensor, features: Tensor, skills: int, seed: int, cache: Path) -> Tutor:
    """The tutor of the sampler's texts, whose embeddings ``vectors`` [n, 384] are; kept in ``cache``."""
    torch.manual_seed(seed)
    tutor = Tutor(skills, features)
    path = cache / f"tutor-{_key(sampler, vectors, features, skills, seed)}.pt"
    if path.exists():
        tutor.load_state_dict(torch.load(path, weights_only=True))
        return tutor.eval().requires_grad_(False)
    tables = [tutor.own_rows, tutor.bias]
    rest = [p for name, p in tutor.named_parameters() if name not in ("own_rows", "bias")]
    optimizer = torch.optim.AdamW(
        [{"params": tables, "lr": 4e-3}, {"params": rest, "lr": 1.5e-3}], weight_decay=0.02
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [4e-3, 1.5e-3], total_steps=STEPS, pct_start=0.06, div_factor=20, cycle_momentum=False
    )
    progress = Progress("tutor", STEPS)
    scale = torch.tensor(_SCALE)
    for step in range(STEPS):
        batch = sampler.batch(step)
        has = torch.nonzero(batch.teacher[: batch.labelled] >= 0).squeeze(1)
        sentence = vectors[batch.teacher.clamp(min=0)]
        sentence = functional.normalize(sentence + _NOISE * torch.randn_like(sentence), dim=-1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            query = tutor.query(sentence)
        energy, labelled = energies(query, tutor.rows(), tutor.bias, scale, batch.general)
        loss = (energy - labelled)[has].mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        progress.advance(1, f"loss {loss.item():.3f}")
    checkpoints.save(tutor.state_dict(), path)
    return tutor.eval().requires_grad_(False)
