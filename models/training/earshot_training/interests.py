"""What having enabled one skill tells of interest in others."""

from __future__ import annotations

import numpy as np
import torch

from earshot_training.data import Rows

_DIMENSIONS = 64
_PRIOR = 5.0
"""Added to a skill's users: what few have enabled says little."""


def vectors(rows: Rows, skills: int) -> np.ndarray:
    """float32 [S, 64]: skills that the same users enable have like vectors. The first singular
    vectors of the users × skills matrix, its rows and columns scaled by the root of their sums
    (correspondence analysis; Greenacre 1984, without the trivial first axis)."""
    lists = [enabled for enabled in rows.enabled.values() if len(enabled) > 1]
    user = torch.from_numpy(np.repeat(np.arange(len(lists)), [len(e) for e in lists]))
    skill = torch.from_numpy(np.concatenate(lists))
    sizes = torch.bincount(user).float()
    counts = torch.bincount(skill, minlength=skills).float()
    values = (sizes[user] * (counts[skill] + _PRIOR)).rsqrt()
    matrix = torch.sparse_coo_tensor(
        torch.stack((user, skill)), values, (len(lists), skills), check_invariants=True
    )
    torch.manual_seed(0)
    _, _, axes = torch.svd_lowrank(matrix.coalesce(), q=_DIMENSIONS + 17, niter=6)
    found = axes[:, 1 : _DIMENSIONS + 1] / (counts.unsqueeze(1) + _PRIOR).sqrt()
    return found.numpy()
