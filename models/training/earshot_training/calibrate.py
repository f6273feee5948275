"""From logits to probabilities: a temperature per mode, the boosts' last adjustment, and the
out-of-scope probability.

What is fitted on ``dev`` are a few numbers; they are judged cross-fitted: each half of the users by
the numbers of the other half.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from earshot_training.batches import Lexicon
from earshot_training.data import Corpus, Rows
from earshot_training.evaluate import (
    Queries,
    auroc,
    calibration_error,
    enabled_pairs,
    encode_texts,
    queries,
)
from earshot_training.export import Fitted
from earshot_training.model import Shortlister

OUT_OF_SCOPE_PRIOR = 0.02
"""The share of out-of-scope requests that the out-of-scope probability assumes."""
FALSE_ALARMS = 0.05
"""The share of in-scope requests that the out-of-scope threshold may flag."""
_FIT_ROWS = 3000
_SCOPE_ENERGY_FACTOR = 12.0
_SCOPE_REGULARISATION = 3e-3


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
            self.scale = model.scale().item()
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
        """The boosts with the least log-loss on the rows at ``places``, and a temperature for them."""
        rng = np.random.default_rng(5)
        if len(places) > _FIT_ROWS:
            places = np.sort(rng.choice(places, _FIT_ROWS, replace=False))
        logits, gold, owner, enabled = self.choose(places)
        at = torch.arange(len(gold))

        def loss(values: np.ndarray) -> float:
            adjusted = self.adjusted(logits, owner, enabled, Adjustment(*values))
            return float((adjusted.logsumexp(1) - adjusted[at, gold]).mean())

        corners = [[1.0], [0.7]]
        bounds = [(0.3, 2.0)]
        if self.owner is not None:
            corners = [[0.8, 0.0, 0.0], [0.65, 0.0, 0.0], [0.8, 2.0, 0.0], [0.8, 0.0, 0.3]]
            bounds += [(-4, 6), (-1, 2)]
        found = minimize(loss, corners[0], method="Nelder-Mead", bounds=bounds, options={
            "initial_simplex": corners, "xatol": 0.02, "fatol": 2e-4, "maxfev": 70,
        })  # fmt: skip
        by = Adjustment(*(float(v) for v in found.x))
        return replace(by, inverse_temperature=self._even(places, by))

    def _even(self, places: np.ndarray, by: Adjustment) -> float:
        """The inverse temperature with the least calibration error of the first answer. Brands that
        share a capability and skills of two utterances need different temperatures: the log-loss's
        is a compromise between them that leaves the first answer's probability too low."""
        logits, gold, owner, enabled = self.choose(places)
        adjusted = self.adjusted(logits, owner, enabled, replace(by, inverse_temperature=1.0))
        correct = (adjusted.argmax(1) == gold).numpy()
        best = adjusted.max(1, keepdim=True).values
        adjusted -= best
        errors = {}
        for inverse in np.arange(0.9, 1.36, 0.05) * by.inverse_temperature:
            confidence = 1 / (adjusted * float(inverse)).exp().sum(1).numpy()
            errors[float(inverse)] = calibration_error(confidence, correct)
        return min(errors, key=lambda inverse: errors[inverse])

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


def _platt(
    inside: np.ndarray, outside: np.ndarray, prior: float, strength: float = 1.0
) -> LogisticRegression:
    """Logistic regression of [n, features] with the classes reweighted to a prior; ``strength``: the
    inverse of the regularisation, for weights that sum to 2,000."""
    features = np.concatenate((inside, outside))
    labels = np.concatenate((np.zeros(len(inside)), np.ones(len(outside))))
    weights = np.concatenate((
        np.full(len(inside), (1 - prior) / len(inside)), np.full(len(outside), prior / len(outside)),
    ))  # fmt: skip
    return LogisticRegression(C=strength, max_iter=1000).fit(features, labels, sample_weight=weights * 2000)


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
    held_out_auroc: float
    """Of oos_val against half of dev without users, by a scope fitted on the other half; the mean of
    both ways."""


@dataclass
class Sample:
    """Requests in one mode: queries float32 [n, D] and energies [n]."""

    q: np.ndarray
    energy: np.ndarray

    def part(self, chosen: np.ndarray) -> Sample:
        return Sample(self.q[chosen], self.energy[chosen])


@dataclass
class Scope:
    """The scope score ``q · query + energy · E``; higher is likelier in scope."""

    query: np.ndarray
    energy: float

    def scores(self, sample: Sample) -> np.ndarray:
        return sample.q @ self.query + self.energy * sample.energy


def fit_scope(modes: list[tuple[Sample, Sample]]) -> Scope:
    """Logistic regression of in-scope against out-of-scope requests, [(inside, outside)] for each
    mode. How much it is regularised was chosen by cross-validation on ``oos_train``."""
    inside, outside = [], []
    for own, other in modes:
        centre = own.energy.mean()
        for sample, parts in ((own, inside), (other, outside)):
            parts.append(np.column_stack((sample.q, sample.energy - centre)))
    features = np.concatenate(inside), np.concatenate(outside)
    size = features[0].shape[1] - 1
    # A query's components count alike, the energy much more: it is trained for this.
    factor = np.append(np.full(size, 1 / features[0][:, :size].std()), 0.0)
    factor[size] = _SCOPE_ENERGY_FACTOR / features[0][:, size].std()
    fit = _platt(features[0] * factor, features[1] * factor, 0.5, _SCOPE_REGULARISATION)
    weights = -fit.coef_[0] * factor
    return Scope(weights[:size].astype(np.float32), float(weights[size]))


def _held_out_scope(model: Shortlister, lexicon: Lexicon, corpus: Corpus, general: CrossFit,
                    sample: tuple[Sample, Sample]) -> float:  # fmt: skip
    texts = corpus.out_of_scope["oos_val"]
    with torch.no_grad():
        q = model.null_query(encode_texts(model, lexicon, texts))
    scorer = Scorer(model, q, np.zeros(len(texts), dtype=np.int64))
    val = Sample(q.numpy(), scorer.judge(np.arange(len(texts)), general.adjustment)[2])
    half = user_halves(corpus.dev.users)
    found = []
    for side in (False, True):
        scope = fit_scope([(sample[0].part(half != side), sample[1])])
        found.append(auroc(scope.scores(sample[0].part(half == side)), scope.scores(val)))
    return float(np.mean(found))


def calibrate(model: Shortlister, lexicon: Lexicon, corpus: Corpus,
              say: Callable[[str], None]) -> Calibrated:  # fmt: skip
    dev = corpus.dev
    found: Queries = queries(model, lexicon, dev)
    say("calibrating without users")
    general = cross_fit(Scorer(model, found.general, dev.skills), dev.users)
    say("calibrating with users")
    personal = cross_fit(Scorer(model, found.personal, dev.skills, found.owner, found.enabled), dev.users)
    by = personal.adjustment

    say("calibrating the scope")
    outside = foreign_rows(corpus.out_of_scope["oos_train"], dev)
    away = queries(model, lexicon, outside)
    places = np.arange(len(outside))
    away_general = Scorer(model, away.general, outside.skills)
    away_personal = Scorer(model, away.personal, outside.skills, *enabled_pairs(outside))
    samples = {
        "context_free": (
            Sample(found.general.numpy(), general.energy),
            Sample(away.general.numpy(), away_general.judge(places, general.adjustment)[2]),
        ),
        "personal": (
            Sample(found.personal.numpy(), personal.energy),
            Sample(away.personal.numpy(), away_personal.judge(places, by)[2]),
        ),
    }
    scope = fit_scope(list(samples.values()))
    held_out = _held_out_scope(model, lexicon, corpus, general, samples["context_free"])

    calibration: dict = {}
    alarms = []
    for mode, adjustment in (("context_free", general.adjustment), ("personal", by)):
        scores = [scope.scores(sample) for sample in samples[mode]]
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
    fitted = Fitted(boosts, scope.query, scope.energy, calibration)
    return Calibrated(fitted, general, personal, held_out)
