"""The ablation: nothing of the user, enablement bits, attention, both; and the two attentions.

All variants go on from one encoder and one set of rows that were trained without users, for the
same number of steps with the same batches; the encoder is frozen, all else is trained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from earshot_training import evaluate
from earshot_training.train import Prepared, Settings, build, train

VARIANTS: dict[str, dict[str, Any]] = {
    "none": {"attend": False, "bits": False},
    "bits": {"attend": False, "bits": True},
    "attention, softmax": {"attend": True, "bits": False, "attention": "softmax"},
    "attention, supervised sigmoid": {"attend": True, "bits": False, "attention": "sigmoid"},
    "both, softmax": {"attend": True, "bits": True, "attention": "softmax"},
    "both, supervised sigmoid": {"attend": True, "bits": True, "attention": "sigmoid"},
}
DIFFERENCES = (
    ("bits", "none"), ("attention, supervised sigmoid", "none"),
    ("attention, supervised sigmoid", "bits"), ("both, supervised sigmoid", "bits"),
    ("both, supervised sigmoid", "attention, supervised sigmoid"),
    ("attention, supervised sigmoid", "attention, softmax"),
    ("both, supervised sigmoid", "both, softmax"),
)  # fmt: skip
RESAMPLES = 2000


def bootstrap(values: np.ndarray, users: np.ndarray, seed: int = 3) -> tuple[float, float, float]:
    """Mean of ``values`` [n] and its 95% interval, users drawn with replacement (a user's rows stay
    together; ``users`` int64 [n])."""
    distinct, user = np.unique(users, return_inverse=True)
    sums = np.bincount(user, values)
    counts = np.bincount(user)
    rng = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        drawn = rng.integers(0, len(distinct), len(distinct))
        means[i] = sums[drawn].sum() / counts[drawn].sum()
    low, high = np.percentile(means, (2.5, 97.5))
    return float(values.mean()), float(low), float(high)


def _result(values: np.ndarray, users: np.ndarray) -> dict[str, float]:
    mean, low, high = bootstrap(100 * values, users)
    return {"top1": mean, "low": low, "high": high}


def run(prepared: Prepared, settings: Settings, shared_steps: int, steps: int, work: Path,
        say: Callable[[str], None]) -> dict[str, Any]:  # fmt: skip
    """Resumable: what is done is kept in ``work``, under a name made of the settings."""
    work.mkdir(parents=True, exist_ok=True)
    corpus = prepared.corpus
    shared = replace(settings, attend=False, bits=False, steps=shared_steps, scope_weight=0.0)
    say("ablation: the shared encoder and rows, without users")
    base = train(prepared, shared, work / f"shared-{_name(shared)}.pt", "shared")
    sources = corpus.sources[corpus.dev.skills]
    users = np.unique(np.array(corpus.dev.users), return_inverse=True)[1]
    known = np.array([
        g in corpus.dev.enabled.get(u, ()) for g, u in zip(corpus.dev.skills, corpus.dev.users)
    ])  # fmt: skip
    hits: dict[str, np.ndarray] = {}
    for name, changes in VARIANTS.items():
        variant = replace(
            settings, **changes, steps=steps, warm_up=min(50, steps), rate=settings.rate / 2,
            scope_weight=0.0, teacher_weight=0.0,
        )  # fmt: skip
        key = _name(variant) + _name(shared)
        done = work / f"hits-{key}.npy"
        if not done.exists():
            say(f"ablation: {name}")
            started = build(prepared, variant)
            state = base.state_dict()
            own = started.state_dict()
            for part in state:
                if not part.startswith(("attention.", "fuse_", "boost", "dropout")):
                    own[part] = state[part]
            started.load_state_dict(own)
            model = train(prepared, variant, work / f"variant-{key}.pt", name, start=started,
                          frozen=("encoder.",))  # fmt: skip
            found = evaluate.answers(model, prepared.lexicon, corpus.dev, variant.attend).personal
            partial = done.with_suffix(".part.npy")
            np.save(partial, found.hits(corpus.dev.skills, 1))
            partial.replace(done)
        hits[name] = np.load(done)

    groups = {"all": np.ones(len(known), bool), "gold enabled": known, "gold not enabled": ~known}
    groups |= {source: sources == source for source in sorted(set(sources))}
    return {
        "groups": list(groups),
        "variants": [
            {"name": name, "groups": {
                g: _result(found[inside].astype(float), users[inside])
                for g, inside in groups.items()
            }}
            for name, found in hits.items()
        ],
        "differences": [
            {"name": f"{a} − {b}",
             **_result(hits[a].astype(float) - hits[b], users),
             "not_enabled": _result((hits[a].astype(float) - hits[b])[~known], users[~known])}
            for a, b in DIFFERENCES
        ],
        "design": (
            "Top-1 on `dev` with the user known, one seed, 95% intervals by bootstrap over users. "
            f"All variants go on from one model trained for {shared_steps:,} steps without users; "
            f"its encoder is frozen, rows and all that reads the user are trained for {steps:,} more "
            "steps on the same batches. *none*: the same without reading the user. *softmax*: "
            "attention as in ACL 2018, unsupervised; *supervised sigmoid*: as in EMNLP 2018."
        ),
        "reading": _reading(hits),
    }  # fmt: skip


def _reading(hits: dict[str, np.ndarray]) -> str:
    top = {name: 100 * found.mean() for name, found in hits.items()}
    order = sorted(top, key=lambda name: -top[name])
    bits, attention = top["bits"], top["attention, supervised sigmoid"]
    return (
        "In order: " + ", ".join(f"{name} ({top[name]:.1f})" for name in order) + ". In the ACL 2018 "
        "paper both together beat either alone, and attention alone beats bits alone; here "
        + ("attention beats bits" if attention > bits else "bits beat attention")
        + ", as far as the intervals above tell them apart. Two things favour bits: brands are told apart by "
        "enablement alone, and two boosts are learned in few steps while attention starts from nothing; "
        "`--steps` gives it longer."
    )  # fmt: skip


def _name(settings: Settings) -> str:
    return hashlib.sha256(json.dumps(asdict(settings)).encode()).hexdigest()[:12]
