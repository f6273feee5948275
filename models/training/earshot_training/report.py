"""Figures: what the bundle's graphs answer on ``dev``, and the report that holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from earshot_training.bundle import Bundle, Shortlists
from earshot_training.calibrate import Calibrated, foreign_rows, out_of_scope_probability
from earshot_training.context.evaluate import section as context_section
from earshot_training.data import Corpus, Rows
from earshot_training.evaluate import DEPTHS, auroc, calibration_error

MODES = ("context_free", "personal")
NOTE = (
    "Users and what they have enabled are **simulated**; for the intent corpora several brands "
    "compete for one capability with the same utterances, so the text alone cannot tell brands "
    "apart, and enablement can. *Capability* counts any brand of the right capability as right. "
)
SOURCES = ("all", "alexa2017", "banking", "clinc", "hwu", "sgd", "snips", "tool")


def _answers(bundle: Bundle, rows: Rows, encoded: list) -> dict[str, Shortlists]:
    none = np.zeros(0, np.int64)
    enabled = [rows.enabled.get(user, none) for user in rows.users]
    return {
        "context_free": bundle.shortlist(encoded),
        "personal": bundle.shortlist(encoded, enabled),
    }


def _confidence(bundle: Bundle, answers: Shortlists, mode: str) -> np.ndarray:
    """The served probability of the first answer."""
    outside = out_of_scope_probability(answers.scope_scores, bundle.calibration[mode])
    return np.exp(answers.log_probabilities[:, 0].astype(np.float64)) * (1 - outside)


def measure(corpus: Corpus, folder: Path, calibrated: Calibrated | None = None) -> dict[str, Any]:
    """Accuracy by mode and source, calibration, out-of-scope figures, int8 against float32."""
    dev, sources = corpus.dev, corpus.sources[corpus.dev.skills]
    figures: dict[str, Any] = {"rows": len(dev), "modes": {}, "fp32": {}, "out_of_scope": {}}
    int8, fp32 = Bundle(folder, "int8"), Bundle(folder, "fp32")
    figures["bundle_version"] = int8.manifest["bundle_version"]
    encoded = [int8.tokenizer.encode(text) for text in dev.texts]
    answers = _answers(int8, dev, encoded)
    exact = _answers(fp32, dev, encoded)
    capability = corpus.capability
    known = np.array([g in dev.enabled.get(u, ()) for g, u in zip(dev.skills, dev.users)])
    for mode in MODES:
        found = answers[mode]
        hits = found.indices == dev.skills[:, None]
        table = {}
        for source in SOURCES:
            inside = np.ones(len(dev), bool) if source == "all" else sources == source
            table[source] = [100 * float(hits[inside, :d].any(1).mean()) for d in DEPTHS]
        fits = capability[found.indices] == capability[dev.skills][:, None]
        confidence = _confidence(int8, found, mode)
        figures["modes"][mode] = {
            "accuracy": table,
            "capability": [100 * float(fits[:, :d].any(1).mean()) for d in DEPTHS],
            "gold_enabled": [100 * float(hits[known, :d].any(1).mean()) for d in DEPTHS],
            "gold_not_enabled": [100 * float(hits[~known, :d].any(1).mean()) for d in DEPTHS],
            "calibration_error": calibration_error(confidence, hits[:, 0]),
        }
        other = exact[mode].indices == dev.skills[:, None]
        figures["fp32"][mode] = [100 * float(other[:, :d].any(1).mean()) for d in DEPTHS]
    for split in ("oos_train", "oos_val"):
        rows = foreign_rows(corpus.out_of_scope[split], dev)
        away = _answers(int8, rows, [int8.tokenizer.encode(t) for t in rows.texts])
        figures["out_of_scope"][split] = {
            mode: {
                "auroc": auroc(answers[mode].scope_scores, away[mode].scope_scores),
                "flagged": float((
                    out_of_scope_probability(away[mode].scope_scores, int8.calibration[mode])
                    >= int8.calibration["out_of_scope_threshold"]
                ).mean()),
            }
            for mode in MODES
        }  # fmt: skip
    figures["out_of_scope"]["false_alarms"] = {
        mode: float((
            out_of_scope_probability(answers[mode].scope_scores, int8.calibration[mode])
            >= int8.calibration["out_of_scope_threshold"]
        ).mean())
        for mode in MODES
    }  # fmt: skip
    if calibrated:
        figures["out_of_scope"]["held_out_auroc"] = calibrated.held_out_auroc
        for mode, fit in (("context_free", calibrated.general), ("personal", calibrated.personal)):
            figures["modes"][mode]["cross_fitted"] = {
                "calibration_error": fit.error, "top1": fit.accuracy,
                "top1_before_adjustment": fit.plain_accuracy,
                "adjustment": vars(fit.adjustment),
            }  # fmt: skip
    figures["bytes"] = sum(entry["bytes"] for entry in int8.manifest["files"].values())
    return figures


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)])


def _three(values: list[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in values)


def training_section(figures: dict[str, Any]) -> str:
    """Markdown of ``measure``'s figures."""
    modes = figures["modes"]
    names = {"context_free": "without a user", "personal": "with the user"}
    body = [[names[m], *(_three(modes[m]["accuracy"][s]) for s in SOURCES)] for m in MODES]
    more = []
    for mode in MODES:
        own = modes[mode]
        cross = own.get("cross_fitted", {})
        more.append([
            names[mode], _three(own["capability"]), _three(own["gold_enabled"]),
            _three(own["gold_not_enabled"]), _three(figures["fp32"][mode]),
            f"{own['calibration_error']:.3f}",
            f"{cross['calibration_error']:.3f}" if cross else "–",
            f"{figures['out_of_scope']['oos_val'][mode]['auroc']:.3f}",
        ])  # fmt: skip
    false = figures["out_of_scope"]["false_alarms"]
    return "\n\n".join((
        f"Top-1/3/5 accuracy in percent on the {figures['rows']:,} rows of `dev`, by the int8 graphs "
        f"of bundle `{figures['bundle_version']}` ({figures['bytes'] / 1e6:.1f} MB). " + NOTE,
        _table(["", *SOURCES], body),
        _table(["", "capability", "gold enabled", "gold not enabled", "float32 graphs", "ECE",
                "ECE, cross-fitted", "out-of-scope AUROC (oos_val)"], more),
        "ECE: expected calibration error of the first answer's served probability, 15 bins; "
        "cross-fitted: each half of the users judged by what was fitted on the other half. "
        "Out-of-scope requests are CLINC150's (100 each to calibrate and to report on); with users, "
        "they are asked by random users. At the shipped threshold "
        f"{100 * false['context_free']:.1f}% of in-scope requests without and "
        f"{100 * false['personal']:.1f}% with users are flagged, and "
        f"{100 * figures['out_of_scope']['oos_val']['context_free']['flagged']:.0f}% and "
        f"{100 * figures['out_of_scope']['oos_val']['personal']['flagged']:.0f}% of `oos_val`.",
    ))  # fmt: skip


def summary_section(figures: dict[str, Any]) -> str:
    """Markdown of the totals alone, for the project's first page."""
    names = {"personal": "with the user's enabled skills", "context_free": "without"}
    rows = []
    for mode, name in names.items():
        own = figures["modes"][mode]
        rows.append([
            name, _three(own["accuracy"]["all"]), f"{own['calibration_error']:.3f}",
            f"{figures['out_of_scope']['oos_val'][mode]['auroc']:.3f}",
        ])  # fmt: skip
    return _table(["", "top 1 / 3 / 5, %", "calibration error", "out-of-scope AUROC"], rows)


def ablation_section(ablation: dict[str, Any]) -> str:
    rows = []
    for entry in ablation["variants"]:
        rows.append([
            entry["name"],
            *(f"{v['top1']:.1f} [{v['low']:.1f}, {v['high']:.1f}]" for v in
              (entry["groups"][g] for g in ablation["groups"])),
        ])  # fmt: skip
    differences = [
        [d["name"], f"{d['top1']:+.2f} [{d['low']:+.2f}, {d['high']:+.2f}]",
         f"{d['not_enabled']['top1']:+.2f} "
         f"[{d['not_enabled']['low']:+.2f}, {d['not_enabled']['high']:+.2f}]"]
        for d in ablation["differences"]
    ]  # fmt: skip
    return "\n\n".join(
        (
            ablation["design"] + " " + NOTE,
            _table(["top-1, % [95% interval]", *ablation["groups"]], rows),
            _table(["difference in points", "all", "gold not enabled"], differences),
            ablation["reading"],
        )
    )


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(folder: Path, changes: dict[str, Any]) -> None:
    """Merges into ``report.json`` and renders ``report.md``, ``tried.md`` included as it stands."""
    path = folder / "report.json"
    whole = read(path) | changes
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    parts = ["# Training report", "Made by `python -m earshot_training`; not written by hand, but "
             "for *What was tried* (`tried.md`)."]  # fmt: skip
    if "training" in whole:
        parts += ["## The bundle", training_section(whole["training"])]
        run = whole.get("run")
        if run:
            parts.append(
                f"Settings: `{json.dumps(run['settings'])}`. Training took {run['train_minutes']:.0f} "
                f"minutes on {run['machine']}."
            )
    if "context" in whole:
        parts += ["## The context encoder", context_section(whole["context"])]
    if "ablation" in whole:
        parts += ["## Ablation", ablation_section(whole["ablation"])]
    tried = folder / "tried.md"
    if tried.exists():
        parts += ["## What was tried", tried.read_text(encoding="utf-8").strip()]
    (folder / "report.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def fill(readme: Path, report: dict[str, Any]) -> None:
    """Puts the tables between the README's markers, ``<!-- NAME -->`` and ``<!-- /NAME -->``."""
    text = readme.read_text(encoding="utf-8")
    sections = (
        ("training", "training", training_section),
        ("summary", "training", summary_section),
        ("ablation", "ablation", ablation_section),
        ("context", "context", context_section),
    )
    for name, part, section in sections:
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if part not in report or begin not in text:
            continue
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{section(report[part])}\n{end}{after}"
    readme.write_text(text, encoding="utf-8")
