"""Trains what rescores an n-best: how likely a change has fewer errors than the recogniser's best.

The changes and their features come from the server's own code (``./earshot eval bias --features``), so that
training and serving cannot differ. For each set of turns there are three files: ``SET.turns`` and
``SET.rows``, big-endian numbers, and ``SET.names``::

    turns: i32  cluster (unused)  words of the reference  word errors of the best  phrases sought, missed
    rows:  f32  turn  hypothesis  first and last word  change of word errors  change of missed  features
    names: turn <tab> cluster <tab> group, a line a turn
"""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

FORMAT = "earshot-rescorer-2"
FOLDS = 5
CROSS_FITTED = ("is21", "is21-unrelated", "slurp", "snips")
"""Sets that are reported by scorers which have not seen the row's speaker or sentence."""


@dataclass(frozen=True, eq=False)
class Kind:
    """What one network is trained on and how, and where its thresholds are chosen.

    A threshold is the least probability from which on none of the sets is harmed more often than it may be: a
    share of turns whose errors rise. There is one for phrases that were found and one for phrases that the
    request states, for which its caller answers. Cross-fitted sets are judged by the folds' scorers.
    """

    name: str
    trained: tuple[str, ...]
    most_harm: dict[str, float]
    most_harm_stated: dict[str, float]
    dropout: float
    """The share of the inputs that is left out at random while training."""
    epochs: int
    batch: int
    decay: float
    stricter_by_log_words: float = 0.0
    """By how much the threshold's log-odds rise for each e times fewer words than ``LONG_UTTERANCE``."""

    @property
    def sets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.trained, *self.most_harm, *self.most_harm_stated)))


N_BEST = Kind(
    "n_best",
    ("train", "train-shuffled", "snips"),
    {"dev": 0.007},
    {"dev": 0.007, "snips": 0.004},
    dropout=0.2,
    epochs=12,
    batch=2048,
    decay=1e-2,
)
FOUND = {"dev-one-best": 0.0035}
ONE_BEST = Kind(
    "one_best",
    ("train-one-best", "train-shuffled-one-best", "is21", "is21-unrelated", "slurp"),
    FOUND,
    FOUND,
    dropout=0.1,
    epochs=12,
    batch=2048,
    decay=1e-4,
)
STATED = {"is21": 0.009, "is21-unrelated": 0.0048}
ONE_BEST_STATED = Kind(
    "one_best_stated",
    ("is21", "is21-unrelated", "slurp"),
    STATED,
    STATED,
    dropout=0.0,
    epochs=30,
    batch=1024,
    decay=1e-4,
    stricter_by_log_words=0.5,
)
KINDS = (N_BEST, ONE_BEST, ONE_BEST_STATED)
UNRELATED = "unrelated"
"""Groups of turns whose harm is also looked at alone."""

STRICTER_BY_LOG_PHRASES = 0.5
"""By how much the threshold's log-odds rise with the logarithm of the phrases, from a hundred on: chance
finds more where there is more to find. A judgement, not fitted."""

MOST = 4.0
"""Of a feature, in deviations from its mean."""

LONG_UTTERANCE = 24
"""From so many words on the threshold is the same: a word of a short request matters more."""

HIDDEN = 96
RATE = 1e-2


@dataclass(frozen=True)
class Changes:
    """One set: a row for each change that could be made to one of its turns."""

    turns: np.ndarray
    rows: np.ndarray
    clusters: list[str]
    groups: list[str]

    @property
    def features(self) -> np.ndarray:
        return self.rows[:, 6:]

    @property
    def improves(self) -> np.ndarray:
        return self.rows[:, 4] < 0

    def folds(self) -> np.ndarray:
        """Of each row; a cluster lies in one fold in every set."""
        of_turn = np.array([zlib.crc32(cluster.encode()) % FOLDS for cluster in self.clusters])
        return of_turn[self.rows[:, 0].astype(int)]


def read_features(folder: Path) -> list[str]:
    return (folder / "features.txt").read_text().split()


def read_changes(folder: Path, name: str, features: int) -> Changes:
    turns = np.fromfile(folder / f"{name}.turns", dtype=">i4").reshape(-1, 5)
    rows = np.fromfile(folder / f"{name}.rows", dtype=">f4").reshape(-1, 6 + features)
    names = [line.split("\t") for line in (folder / f"{name}.names").read_text().splitlines()]
    return Changes(turns, rows.astype(np.float32), [line[1] for line in names], [line[2] for line in names])


@dataclass(frozen=True)
class Scorer:
    means: np.ndarray
    scales: np.ndarray
    net: torch.nn.Sequential

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            x = torch.from_numpy(_brought(features, self.means, self.scales))
            return torch.sigmoid(self.net(x))[:, 0].numpy()


def _brought(features: np.ndarray, means: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Features to one size; what lies far from training's mean counts as so far."""
    return np.clip((features - means) * scales, -MOST, MOST)


def fit(kind: Kind, features: np.ndarray, improves: np.ndarray, seed: int) -> Scorer:
    """Logistic regression on a hidden layer, by Adam with one cycle of the learning rate."""
    torch.manual_seed(seed)
    means = features.mean(axis=0)
    spread = features.std(axis=0)
    # What hardly varies here teaches nothing: another value must not outweigh all else.
    scales = (1.0 / np.maximum(spread, 0.05)).astype(np.float32)
    x = torch.from_numpy(_brought(features, means, scales))
    y = torch.from_numpy(improves.astype(np.float32))
    net = torch.nn.Sequential(
        torch.nn.Linear(features.shape[1], HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1)
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=kind.decay)
    steps = kind.epochs * math.ceil(len(y) / kind.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(kind.epochs):
        order = torch.randperm(len(y))
        for start in range(0, len(y), kind.batch):
            drawn = order[start : start + kind.batch]
            kept = torch.nn.functional.dropout(x[drawn], kind.dropout)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(kept)[:, 0], y[drawn])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return Scorer(means, scales, net)


def train(kind: Kind, sets: dict[str, Changes], fold: int | None, seed: int = 1) -> Scorer:
    """Trains a network; where a fold is named, without that fold of the cross-fitted sets."""
    features, improves = [], []
    for name in kind.trained:
        changes = sets[name]
        taken = np.ones(len(changes.rows), dtype=bool)
        if fold is not None and name in CROSS_FITTED:
            taken = changes.folds() != fold
        features.append(changes.features[taken])
        improves.append(changes.improves[taken])
    return fit(kind, np.concatenate(features), np.concatenate(improves), seed)


def cross_fitted(changes: Changes, by_fold: list[Scorer]) -> np.ndarray:
    """Probabilities of changes by scorers that have not seen their clusters."""
    folds = changes.folds()
    probabilities = np.zeros(len(changes.rows), dtype=np.float32)
    for fold, scorer in enumerate(by_fold):
        probabilities[folds == fold] = scorer.probabilities(changes.features[folds == fold])
    return probabilities


def choose_threshold(
    kind: Kind,
    most_harm: dict[str, float],
    sets: dict[str, Changes],
    words: int,
    final: Scorer,
    by_fold: list[Scorer],
    say=lambda line: None,
) -> float:
    """The least probability from which on no set is harmed too often.

    ``words`` is the place of the feature that tells the utterance's words.
    """
    judged = {}
    for name in most_harm:
        changes = sets[name]
        probabilities = (
            cross_fitted(changes, by_fold) if name in CROSS_FITTED else final.probabilities(changes.features)
        )
        judged[name] = _as_if_long(kind, probabilities, np.expm1(changes.features[:, words]))
    chosen, told = None, ""
    for percent in range(98, 29, -1):
        lines, fits = [], True
        for name, probabilities in judged.items():
            changes = sets[name]
            errors, missed = decide(changes, probabilities, percent / 100)
            unrelated = np.array([group.startswith(UNRELATED) for group in changes.groups])
            worst = max((errors > 0).mean(), (errors[unrelated] > 0).mean() if unrelated.any() else 0.0)
            fits &= worst <= most_harm[name]
            words, wrong, sought, lost = changes.turns[:, 1:].sum(axis=0)
            lines.append(
                f"  {name}: WER {wrong / words:.2%} to {(wrong + errors.sum()) / words:.2%}, missed "
                f"{lost / max(1, sought):.1%} to {(lost + missed.sum()) / max(1, sought):.1%}, "
                f"harm {worst:.2%}"
            )
        if not fits:
            break
        chosen, told = percent / 100, "\n".join(lines)
    if chosen is None:
        raise ValueError(f"{kind.name}: no threshold keeps turns from harm")
    say(f"{kind.name}: threshold {chosen}\n{told}")
    return chosen


def _as_if_long(kind: Kind, probabilities: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Probabilities that one threshold for long utterances judges as the server judges these."""
    shorter = np.maximum(0, np.log(LONG_UTTERANCE / np.maximum(1, words)))
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return 1 / (1 + np.exp(kind.stricter_by_log_words * shorter) * (1 - clipped) / clipped)


def decide(changes: Changes, probabilities: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """How the server would change the errors and the missed phrases of each turn."""
    errors = np.zeros(len(changes.turns))
    missed = np.zeros(len(changes.turns))
    likely = np.flatnonzero(probabilities >= threshold)
    taken: dict[int, list[tuple[float, float, float]]] = {}
    for i in likely[np.argsort(-probabilities[likely], kind="stable")]:
        turn = int(changes.rows[i, 0])
        hypothesis, first, last = changes.rows[i, 1:4]
        others = taken.setdefault(turn, [])
        if any(hypothesis != h or (first < e and s < last) for h, s, e in others):
            continue
        others.append((hypothesis, first, last))
        errors[turn] += changes.rows[i, 4]
        missed[turn] += changes.rows[i, 5]
    return errors, missed


def encode(networks: dict[Kind, tuple[Scorer, float, float]], names: list[str]) -> bytes:
    """The file's bytes: of each kind, the network and its thresholds, probabilities."""
    content = {"format": FORMAT, "features": names}
    for kind, (scorer, threshold, stated) in networks.items():
        hidden, _, out = scorer.net
        content[kind.name] = {
            "means": _numbers(scorer.means),
            "scales": _numbers(scorer.scales),
            "hidden": _numbers(hidden.weight.detach()),
            "hidden_bias": _numbers(hidden.bias.detach()),
            "out": _numbers(out.weight.detach()[0]),
            "out_bias": float(out.bias.detach()[0]),
            "threshold": _log_odds(threshold),
            "threshold_stated": _log_odds(stated),
            "threshold_per_log_phrases": STRICTER_BY_LOG_PHRASES,
            "threshold_per_log_words": kind.stricter_by_log_words,
        }
    return (json.dumps(content) + "\n").encode()


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _numbers(values) -> list:
    return np.vectorize(lambda value: float(f"{value:.6g}"))(np.asarray(values)).tolist()
