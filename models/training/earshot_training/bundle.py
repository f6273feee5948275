"""A bundle on disk: its manifest, and running its graphs as the server does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from earshot_training.tokenizer import MAX_NGRAMS, MAX_WORDS, Encoded, Folding, Tokenizer

FORMAT = "earshot-bundle"
FORMAT_VERSION = 1


def write_manifest(folder: Path, manifest: dict) -> None:
    """Adds the folder's files with sizes and checksums, and writes the manifest's two files."""
    files = {}
    for path in sorted(folder.iterdir()):
        if path.name in ("manifest.json", "manifest.sha256"):
            continue
        data = path.read_bytes()
        files[path.name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    text = json.dumps(manifest | {"files": files}, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    (folder / "manifest.sha256").write_text(digest + "\n", encoding="utf-8", newline="\n")


def check_manifest(folder: Path) -> dict:
    """The manifest, all checksums compared. Raises ValueError that names the file."""
    text = (folder / "manifest.json").read_bytes()
    expected = (folder / "manifest.sha256").read_text().strip()
    if hashlib.sha256(text).hexdigest() != expected:
        raise ValueError("manifest.json: its SHA-256 is not the one in manifest.sha256")
    manifest = json.loads(text)
    if (manifest["format"], manifest["format_version"]) != (FORMAT, FORMAT_VERSION):
        raise ValueError(f"manifest.json: format {manifest['format']} {manifest['format_version']}")
    check_files(folder, manifest["files"])
    return manifest


def check_files(folder: Path, files: dict[str, dict]) -> None:
    """Compares what a manifest lists with what is there. Raises ValueError that names the file."""
    for name, entry in files.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"{name}: missing")
        data = path.read_bytes()
        if len(data) != entry["bytes"]:
            raise ValueError(f"{name}: {len(data)} bytes (expected: {entry['bytes']})")
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise ValueError(f"{name}: its SHA-256 is not the manifest's")


@dataclass
class Shortlists:
    indices: np.ndarray
    """int64 [n, k], best first."""
    log_probabilities: np.ndarray
    """float32 [n, k]."""
    scope_scores: np.ndarray
    """float32 [n]."""


def _round_up(value: int) -> int:
    return max(8, -(-value // 8) * 8)


class Bundle:
    """A bundle's graphs of one kind (``int8`` or ``fp32``) on the CPU, one thread."""

    def __init__(self, folder: Path, kind: str = "int8"):
        self.manifest = check_manifest(folder)
        dims = self.manifest["dimensions"]
        self.query = dims["query"]
        self.tokenizer = Tokenizer(
            Folding.read(folder / "folding.tsv"),
            (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1],
            dims["ngram_buckets"],
        )
        with open(folder / "skills.jsonl", encoding="utf-8") as lines:
            self.skills = [json.loads(line) for line in lines]
        self.rows = np.fromfile(folder / "rows.i8", np.int8).reshape(-1, self.query)
        self.row_scales = np.fromfile(folder / "row_scales.f32", "<f4")
        self.boosts = np.fromfile(folder / "enabled_boosts.f32", "<f4")
        self.calibration = json.loads((folder / "calibration.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.sessions = {}
        for graph, variants in self.manifest["graphs"].items():
            self.sessions[graph] = onnxruntime.InferenceSession(
                str(folder / variants.get(kind, variants["fp32"])), options,
                providers=["CPUExecutionProvider"],
            )  # fmt: skip

    def mode(self, enabled_count: int) -> dict:
        """The calibration of a request with so many known enabled skills."""
        return self.calibration["personal" if enabled_count else "context_free"]

    def encode(self, texts: Sequence[Encoded], length: int | None = None,
               unknown: int | None = None) -> np.ndarray:  # fmt: skip
        """``u`` float32 [n, D]; ``length`` and ``unknown`` widen the shapes beyond what is needed."""
        width = length or _round_up(max(len(t.word_ids) for t in texts))
        ids = np.zeros((len(texts), min(width, MAX_WORDS)), np.int32)
        slots = np.zeros_like(ids)
        lengths = np.array([len(t.word_ids) for t in texts], np.int32)
        grams: list[list[int]] = []
        for n, text in enumerate(texts):
            ids[n, : lengths[n]] = text.word_ids
            for place, ngrams in zip((i for i, w in enumerate(text.word_ids) if w == 2), text.unknown_ngrams):
                grams.append(ngrams)
                slots[n, place] = len(grams)
        table = np.zeros((max(1, len(grams), unknown or 1), MAX_NGRAMS), np.int32)
        for row, ngrams in enumerate(grams):
            table[row, : len(ngrams)] = ngrams
        return self.sessions["encode"].run(
            ["u"],
            {"word_ids": ids, "lengths": lengths, "unknown_slots": slots, "unknown_ngrams": table},
        )[0]

    def _enabled(self, enabled: Sequence[np.ndarray], width: int | None) -> tuple[np.ndarray, ...]:
        width = width or _round_up(max(len(e) for e in enabled))
        indices = np.zeros((len(enabled), width), np.int64)
        counts = np.array([len(e) for e in enabled], np.int32)
        for n, rows in enumerate(enabled):
            indices[n, : len(rows)] = rows
        present = np.arange(width) < counts[:, None]
        return indices, counts, present

    def attend(self, u: np.ndarray, enabled: Sequence[np.ndarray],
               width: int | None = None) -> np.ndarray:  # fmt: skip
        indices, counts, present = self._enabled(enabled, width)
        return self.sessions["attend"].run(["q"], {
            "u": u,
            "enabled_rows": self.rows[indices] * present[..., None].astype(np.int8),
            "enabled_scales": self.row_scales[indices] * present.astype(np.float32),
            "enabled_counts": counts,
        })[0]  # fmt: skip

    def classify(self, q: np.ndarray, enabled: Sequence[np.ndarray], k: int = 20,
                 width: int | None = None) -> Shortlists:  # fmt: skip
        indices, counts, present = self._enabled(enabled, width)
        inverse = [self.mode(c)["inverse_temperature"] for c in counts]
        return Shortlists(*self.sessions["classify"].run(
            ["top_indices", "top_log_probabilities", "scope_scores"],
            {
                "q": q, "enabled_indices": indices,
                "enabled_boosts": self.boosts[indices] * present.astype(np.float32),
                "inverse_temperatures": np.array(inverse, np.float32),
                "k": np.array([k], np.int64),
            },
        ))  # fmt: skip

    def shortlist(self, texts: Sequence[Encoded], enabled: Sequence[np.ndarray] | None = None,
                  k: int = 20, batch: int = 16) -> Shortlists:  # fmt: skip
        """What the server answers, ``batch`` texts at a time; ``enabled``: rows of skills."""
        none = np.zeros(0, np.int64)
        enabled = enabled if enabled is not None else [none] * len(texts)
        parts = []
        for i in range(0, len(texts), batch):
            u = self.encode(texts[i : i + batch])
            chosen = enabled[i : i + batch]
            found = self.classify(self.attend(u, chosen), chosen, k)
            parts.append((found.indices, found.log_probabilities, found.scope_scores))
        return Shortlists(*(np.concatenate(p) for p in zip(*parts)))
