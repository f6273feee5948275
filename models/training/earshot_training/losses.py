"""Energies and cross entropy of soft labels over every skill, in one pass over the logits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Sparse:
    """A sparse [texts, S] matrix: ``values[i]`` at (``rows[i]``, ``columns[i]``)."""

    rows: Tensor
    columns: Tensor
    values: Tensor


class _LogProbabilities(torch.autograd.Function):
    """A [texts, S] product and softmax dominate a step. Written by hand, the products run in
    bfloat16 and the probabilities are kept in it; autograd would go over the matrix six times."""

    @staticmethod
    def forward(ctx, q, rows, bias, scale, boost, boost_rows, boost_columns, target: Sparse,
                judged, judged_weight):  # fmt: skip
        low_q, low_rows = q.to(torch.bfloat16), rows.to(torch.bfloat16)
        logits = torch.mm(low_q, low_rows.t()).float().mul_(scale).add_(bias)
        if boost is not None:
            logits.index_put_((boost_rows, boost_columns), boost, accumulate=True)
        at_target = logits[target.rows, target.columns]
        energy = torch.logsumexp(logits, dim=1)
        labelled = torch.zeros_like(energy).index_add_(0, target.rows, target.values * at_target)
        if judged is not None:
            labelled += judged_weight * torch.linalg.vecdot(judged.float(), logits)
        probabilities = logits.sub_(energy.unsqueeze(1)).exp_().to(torch.bfloat16)
        ctx.save_for_backward(low_q, low_rows, scale, probabilities, boost_rows, boost_columns)
        ctx.target, ctx.boosted = target, boost is not None
        ctx.judged, ctx.judged_weight = judged, judged_weight
        return energy, labelled

    @staticmethod
    def backward(ctx, grad_energy, grad_labelled):
        low_q, low_rows, scale, gradient, boost_rows, boost_columns = ctx.saved_tensors
        target = ctx.target
        gradient.mul_(grad_energy.unsqueeze(1).to(torch.bfloat16))
        if ctx.judged is not None:
            weight = ctx.judged_weight * grad_labelled
            gradient.addcmul_(ctx.judged, weight.unsqueeze(1).to(torch.bfloat16))
        at_target = target.values * grad_labelled[target.rows]
        gradient.index_put_((target.rows, target.columns), at_target.to(torch.bfloat16), accumulate=True)
        grad_q = torch.mm(gradient, low_rows).float()
        grad_scale = (grad_q * low_q.float()).sum()
        grad_rows = torch.mm(gradient.t(), low_q).float().mul_(scale)
        grad_bias = gradient.sum(0, dtype=torch.float32)
        grad_boost = gradient[boost_rows, boost_columns].float() if ctx.boosted else None
        return grad_q.mul_(scale), grad_rows, grad_bias, grad_scale, grad_boost, None, None, None, None, None


def energies(
    q: Tensor,
    rows: Tensor,
    bias: Tensor,
    scale: Tensor,
    target: Sparse,
    boost: Sparse | None = None,
    judged: Tensor | None = None,
    judged_weight: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Of the logits ``z = scale q·r + b + boost`` (q [texts, D], rows [S, D]): the energy
    ``log Σ_k exp z_k`` [texts], and ``Σ_k t_k z_k`` [texts]. Where a text's labels ``t`` sum to 1, the
    first less the second is its cross entropy."""
    none = target.rows.new_zeros(0)
    return _LogProbabilities.apply(
        q, rows, bias, scale,
        boost.values if boost else None,
        boost.rows if boost else none, boost.columns if boost else none, target,
        judged, judged_weight,
    )  # fmt: skip
