"""Cross entropy of soft labels over every skill, in one pass over the logits."""

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


class _CrossEntropy(torch.autograd.Function):
    """A [texts, S] product and softmax dominate a step. Written by hand, the products run in
    bfloat16 and the probabilities are kept in it; autograd would go over the matrix six times."""

    @staticmethod
    def forward(ctx, q, rows, bias, scale, boost, boost_rows, boost_columns, target: Sparse):
        low_q, low_rows = q.to(torch.bfloat16), rows.to(torch.bfloat16)
        logits = torch.mm(low_q, low_rows.t()).float().mul_(scale).add_(bias)
        if boost is not None:
            logits.index_put_((boost_rows, boost_columns), boost, accumulate=True)
        at_target = logits[target.rows, target.columns]
        normaliser = torch.logsumexp(logits, dim=1)
        probabilities = logits.sub_(normaliser.unsqueeze(1)).exp_().to(torch.bfloat16)
        ctx.save_for_backward(low_q, low_rows, scale, probabilities, boost_rows, boost_columns)
        ctx.target, ctx.boosted = target, boost is not None
        return normaliser - torch.zeros_like(normaliser).index_add_(
            0, target.rows, target.values * at_target
        )

    @staticmethod
    def backward(ctx, grad):
        low_q, low_rows, scale, gradient, boost_rows, boost_columns = ctx.saved_tensors
        target = ctx.target
        gradient.index_put_(
            (target.rows, target.columns), -target.values.to(torch.bfloat16), accumulate=True
        )
        gradient.mul_(grad.unsqueeze(1).to(torch.bfloat16))
        grad_q = torch.mm(gradient, low_rows).float()
        grad_scale = (grad_q * low_q.float()).sum()
        grad_rows = torch.mm(gradient.t(), low_q).float().mul_(scale)
        grad_bias = gradient.sum(0, dtype=torch.float32)
        grad_boost = gradient[boost_rows, boost_columns].float() if ctx.boosted else None
        return grad_q.mul_(scale), grad_rows, grad_bias, grad_scale, grad_boost, None, None, None


def cross_entropy(
    q: Tensor, rows: Tensor, bias: Tensor, scale: Tensor, target: Sparse, boost: Sparse | None = None
) -> Tensor:
    """[texts]: ``-Σ_k t_k log softmax(scale q·r + b + boost)_k``. q [texts, D], rows [S, D]; each
    text's targets sum to 1."""
    none = target.rows.new_zeros(0)
    return _CrossEntropy.apply(
        q, rows, bias, scale,
        boost.values if boost else None,
        boost.rows if boost else none, boost.columns if boost else none, target,
    )  # fmt: skip
