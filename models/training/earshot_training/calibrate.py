"""From logits to probabilities: a temperature per mode, the boosts' last adjustment, and the
out-of-scope probability.

What is fitted on ``dev`` are a few numbers; they are judged cross-fitted: each half of the users by
the numbers of the other half.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from earshot_training.batches import Lexicon
from earshot_training.data import Corpus, Rows
from earshot_training.evaluate import (
    Queries,
    calibration_error,
    enabled_pairs,
    queries,
)
from earshot_training.export import Fitted
from earshot_training.model import Shortlister

OUT_OF_SCOPE_PRIOR = 0.02
"""The share of out-of-scope requests that the out-of-scope probability assumes."""
FALSE_ALARMS = 0.05
"""The share of in-scope requests that the out-of-scope threshold may flag."""
_FIT_ROWS = 3000


def user_halves(users: Sequence[str]) -> np.ndarray:
    """bool [n]: which half each row's user belongs to; the same in every run."""
    return np.array([zlib.crc32(user.encode()) % 2 == 1 for user in users])


@dataclass(frozen=True)
class Adjustment:
    """``inverse_temperature · (logits + boosts')`` with ``boosts' = β + shift + slope · log(1 + 4N/H)``."""

    inverse_temperature: float
    shift: float = 0.0
    slope: float = 0.0


class Scorer:
    """A trained model's logits of rows in one mode, and what an adjustment makes of them."""

    def __init__(self, model: Shortlister, q: Tensor, gold: np.ndarray,
                 owner: Tensor | None = None, enabled: Tensor | None = None):  # fmt: skip
        self.q, self.gold = q, torch.from_numpy(gold)
        self.owner, self.enabled = owner, enabled
        with torch.no_grad():
            self.rows, self.bias = model.rows(), model.bias
            self.scale = model.log_scale.exp().item()
            self.boosts, self.rate = model.boosts(), model.enabled_rate

    def choose(self, places: np.ndarray) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits [n, S] without boosts, gold [n], and the pairs' owners and skills."""
        chosen = torch.from_numpy(places)
        logits = torch.addmm(self.bias, self.q[chosen], self.rows.t(), alpha=self.scale)
        if self.owner is None:
            none = torch.zeros(0, dtype=torch.long)
            return logits, self.gold[chosen], none, none
        position = torch.full((len(self.q),), -1)
        position[chosen] = torch.arange(len(chosen))
        inside = position[self.owner] >= 0
        return logits, self.gold[chosen], position[self.owner[inside]], self.enabled[inside]

    def adjusted(self, logits: Tensor, owner: Tensor, enabled: Tensor, by: Adjustment) -> Tensor:
        boosts = self.boosts + by.shift + by.slope * self.rate
        return logits.index_put((owner, enabled), boosts[enabled], accumulate=True).mul_(
            by.inverse_temperature
        )

    @torch.no_grad()
    def fit(self, places: np.ndarray) -> Adjustment:
        """The adjustment with the least log-loss on the rows at ``places``."""
        rng = np.random.default_rng(5)
        if len(places) > _FIT_ROWS:
            places = np.sort(rng.choice(places, _FIT_ROWS, replace=False))
        logits, gold, owner, enabled = self.choose(places)
        at = torch.arange(len(gold))

        def loss(values: np.ndarray) -> float:
            adjusted = self.adjusted(logits, owner, enabled, Adjustment(*values))
            return float((adjusted.logsumexp(1) - adjusted[at, gold]).mean())

        start = [1.0] if self.owner is None else [1.0, 0.0, 0.0]
        bounds = [(0.3, 2.0)] if self.owner is None else [(0.3, 2.0), (-4, 6), (-1, 2)]
        found = minimize(loss, start, method="Nelder-Mead", bounds=bounds,
                         options={"xatol": 0.01, "fatol": 1e-5, "maxfev": 90})  # fmt: skip
        return Adjustment(*(float(v) for v in found.x))

    @torch.no_grad()
    def judge(self, places: np.ndarray, by: Adjustment) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The first answers' confidence, their correctness, and the energies of rows."""
        confidence, correct, energy = [], [], []
        for part in np.array_split(places, max(1, len(places) // 2000)):
            logits, gold, owner, enabled = self.choose(part)
            adjusted = self.adjusted(logits, owner, enabled, by)
            normaliser = adjusted.logsumexp(1)
            best = adjusted.max(1)
            confidence.append((best.values - normaliser).exp().numpy())
            correct.append((best.indices == gold).numpy())
            energy.append(normaliser.numpy())
        return tuple(np.concatenate(x) for x in (confidence, correct, energy))


@dataclass
class CrossFit:
    adjustment: Adjustment
    """Fitted on all rows: what is shipped."""
    error: float
    """Expected calibration error, cross-fitted."""
    accuracy: float
    """Top-1 in percent, cross-fitted."""
    plain_accuracy: float
    """Top-1 in percent without adjustment."""
    energy: np.ndarray


def cross_fit(scorer: Scorer, users: Sequence[str]) -> CrossFit:
    half = user_halves(users)
    places = np.arange(len(half))
    confidence, correct = np.zeros(len(half)), np.zeros(len(half), dtype=bool)
    for side in (False, True):
        by = scorer.fit(places[half != side])
        inside = half == side
        confidence[inside], correct[inside], _ = scorer.judge(places[inside], by)
    adjustment = scorer.fit(places)
    _, plain, _ = scorer.judge(places, Adjustment(1.0))
    _, _, energy = scorer.judge(places, adjustment)
    return CrossFit(adjustment, calibration_error(confidence, correct), 100 * float(correct.mean()),
                    100 * float(plain.mean()), energy)  # fmt: skip


def _platt(inside: np.ndarray, outside: np.ndarray, prior: float) -> LogisticRegression:
    """Logistic regression of [n, features] with the classes reweighted to a prior."""
    features = np.concatenate((inside, outside))
    labels = np.concatenate((np.zeros(len(inside)), np.ones(len(outside))))
    weights = np.concatenate((
        np.full(len(inside), (1 - prior) / len(inside)), np.full(len(outside), prior / len(outside)),
    ))  # fmt: skip
    return LogisticRegression(C=1e3, max_iter=1000).fit(
        features, labels, sample_weight=weights * len(features)
    )


def fit_out_of_scope(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """``weight``, ``bias`` of P(out of scope) = σ(weight · score + bias) at the assumed prior."""
    fit = _platt(inside[:, None], outside[:, None], OUT_OF_SCOPE_PRIOR)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def out_of_scope_probability(scores: np.ndarray, mode: dict) -> np.ndarray:
    fit = mode["out_of_scope"]
    return 1 / (1 + np.exp(-(fit["weight"] * scores.astype(np.float64) + fit["bias"])))


def foreign_rows(texts: list[str], rows: Rows, seed: int = 11) -> Rows:
    """Out-of-scope texts asked by users drawn from ``rows``' users who have enabled a skill."""
    rng = np.random.default_rng(seed)
    users = [user for user, enabled in rows.enabled.items() if len(enabled)]
    chosen = [users[i] for i in rng.integers(0, len(users), len(texts))]
    return Rows(texts, chosen, np.zeros(len(texts), dtype=np.int64), rows.enabled)


@dataclass
class Calibrated:
    fitted: Fitted
    general: CrossFit
    personal: CrossFit


def calibrate(model: Shortlister, lexicon: Lexicon, corpus: Corpus,
              say: Callable[[str], None]) -> Calibrated:  # fmt: skip
    dev = corpus.dev
    found: Queries = queries(model, lexicon, dev)
    say("calibrating without users")
    general = cross_fit(Scorer(model, found.general, dev.skills), dev.users)
    say("calibrating with users")
    personal = cross_fit(Scorer(model, found.personal, dev.skills, found.owner, found.enabled), dev.users)
    by = personal.adjustment

    outside = foreign_rows(corpus.out_of_scope["oos_train"], dev)
    away = queries(model, lexicon, outside)
    places = np.arange(len(outside))
    with torch.no_grad():
        heads = {
            "context_free": (model.scope(found.general), model.scope(away.general)),
            "personal": (model.scope(found.personal), model.scope(away.personal)),
        }
    energies = {
        "context_free": (general.energy, Scorer(model, away.general, outside.skills).judge(
            places, general.adjustment)[2]),
        "personal": (personal.energy, Scorer(
            model, away.personal, outside.skills, *enabled_pairs(outside)).judge(places, by)[2]),
    }  # fmt: skip
    inside, out = (
        np.stack((energies["context_free"][i], heads["context_free"][i].numpy()), 1) for i in (0, 1)
    )
    weights = _platt(inside, out, 0.5).coef_[0]
    scope_energy = float(weights[0] / weights[1]) if weights[1] < 0 else 1.0

    calibration: dict = {}
    alarms = []
    for mode, adjustment in (("context_free", general.adjustment), ("personal", by)):
        scores = [scope_energy * e + h.numpy() for e, h in zip(energies[mode], heads[mode])]
        weight, bias = fit_out_of_scope(*scores)
        calibration[mode] = {
            "inverse_temperature": adjustment.inverse_temperature,
            "out_of_scope": {"weight": weight, "bias": bias},
        }
        alarms.append(out_of_scope_probability(scores[0], calibration[mode]))
    threshold = float(np.quantile(np.concatenate(alarms), 1 - FALSE_ALARMS))
    calibration["out_of_scope_threshold"] = round(threshold, 6)
    with torch.no_grad():
        boosts = (model.boosts() + by.shift + by.slope * model.enabled_rate).numpy()
    return Calibrated(Fitted(boosts, scope_energy, calibration), general, personal)
