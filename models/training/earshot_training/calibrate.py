"""From logits to probabilities: a temperature per mode, and the out-of-scope probability.

Temperatures are fitted on ``dev`` and reported cross-fitted: each half of the users is judged by the
temperature of the other half.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from earshot_training.evaluate import calibration_error

OUT_OF_SCOPE_PRIOR = 0.02
"""The share of out-of-scope requests that the out-of-scope probability assumes."""
FALSE_ALARMS = 0.05
"""The share of in-scope requests that the out-of-scope threshold may flag."""


def user_halves(users: Sequence[str]) -> np.ndarray:
    """bool [n]: which half each row's user belongs to; the same in every run."""
    return np.array([zlib.crc32(user.encode()) % 2 == 1 for user in users])


def tempered(logits: np.ndarray, inverse_temperature: float) -> np.ndarray:
    """log softmax of [n, S] logits."""
    scaled = logits * np.float32(inverse_temperature)
    scaled -= scaled.max(1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(1, keepdims=True))


def fit_inverse_temperature(logits: np.ndarray, gold: np.ndarray) -> float:
    """The inverse temperature with the least log-loss (Guo et al., ICML 2017)."""
    at = np.arange(len(gold))

    def loss(inverse: float) -> float:
        return -float(tempered(logits, inverse)[at, gold].mean())

    return float(minimize_scalar(loss, bounds=(0.3, 2.0), method="bounded",
                                 options={"xatol": 0.005}).x)  # fmt: skip


def fit_temperature_cross_fitted(
    logits: np.ndarray, gold: np.ndarray, users: Sequence[str], factor: np.ndarray
) -> tuple[float, float]:
    """The inverse temperature of all rows, and the expected calibration error of the served
    probability (``factor`` [n]: 1 − P(out of scope)) with the halves cross-fitted."""
    half = user_halves(users)
    confidence = np.zeros(len(gold))
    correct = logits.argmax(1) == gold
    for side in (False, True):
        inverse = fit_inverse_temperature(logits[half != side], gold[half != side])
        inside = half == side
        confidence[inside] = np.exp(tempered(logits[inside], inverse).max(1))
    error = calibration_error(confidence * factor, correct)
    return fit_inverse_temperature(logits, gold), error


def fit_out_of_scope(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """``weight``, ``bias`` of P(out of scope) = σ(weight · score + bias), at the assumed prior
    (Platt scaling, the classes reweighted)."""
    scores = np.concatenate((inside, outside))
    labels = np.concatenate((np.zeros(len(inside)), np.ones(len(outside))))
    weights = np.concatenate((
        np.full(len(inside), (1 - OUT_OF_SCOPE_PRIOR) / len(inside)),
        np.full(len(outside), OUT_OF_SCOPE_PRIOR / len(outside)),
    ))  # fmt: skip
    centre, spread = scores.mean(), scores.std()
    fit = LogisticRegression(C=1e4).fit(
        ((scores - centre) / spread)[:, None], labels, sample_weight=weights * len(scores)
    )
    weight = float(fit.coef_[0, 0]) / float(spread)
    return weight, float(fit.intercept_[0]) - weight * float(centre)


def out_of_scope_probability(scores: np.ndarray, weight: float, bias: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(weight * scores.astype(np.float64) + bias)))
