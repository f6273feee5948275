"""The shortlisting data: skills, users, and rows of (user, text, gold skill)."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@dataclass(frozen=True)
class Skill:
    id: str
    source: str
    capability: str
    name: str
    invocation: str
    description: str


@dataclass(frozen=True)
class Rows:
    """Requests: ``texts[i]`` asked by ``users[i]`` is served by skill row ``skills[i]``.

    ``enabled`` maps a user to the rows of their enabled skills (int64, those of the catalogue).
    """

    texts: list[str]
    users: list[str]
    skills: np.ndarray
    enabled: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Corpus:
    skills: list[Skill]
    capability: np.ndarray
    """int64 [S]: the capability's number of each skill."""
    train: Rows
    dev: Rows
    out_of_scope: dict[str, list[str]]
    """Texts that no skill serves, by split (``oos_train``, ``oos_val``)."""

    @property
    def sources(self) -> np.ndarray:
        return np.array([skill.source for skill in self.skills])

    def enabled_counts(self) -> np.ndarray:
        """int64 [S]: how many training users have enabled each skill."""
        counts = np.zeros(len(self.skills), dtype=np.int64)
        for rows in self.train.enabled.values():
            counts[rows] += 1
        return counts


def _rows(folder: Path, split: str, index: dict[str, int]) -> Rows:
    lines = [r for r in read_lines(folder / f"{split}.jsonl.gz") if r["skill"] in index]
    enabled = {
        user["user"]: np.array(sorted(index[s] for s in user["enabled"] if s in index), dtype=np.int64)
        for user in read_lines(folder / f"users.{split}.jsonl.gz")
    }
    return Rows(
        [r["text"] for r in lines],
        [r["user"] for r in lines],
        np.array([index[r["skill"]] for r in lines], dtype=np.int64),
        enabled,
    )


def load(folder: Path) -> Corpus:
    """Reads the folder's files. The skills of ``new_skills`` are left out of everything: they are
    added to a running server later, and a bundle that knew them would prove nothing."""
    held_out = {r["skill"] for r in read_lines(folder / "new_skills.jsonl.gz")}
    skills = [
        Skill(r["skill"], r["source"], r["capability"], r["name"], r["invocation"] or "",
              (r["description"] or "").replace("\\n", "\n"))
        for r in read_lines(folder / "skills.jsonl.gz")
        if r["skill"] not in held_out
    ]  # fmt: skip
    index = {skill.id: i for i, skill in enumerate(skills)}
    numbers: dict[str, int] = {}
    capability = np.array([numbers.setdefault(s.capability, len(numbers)) for s in skills])
    out_of_scope: dict[str, list[str]] = {}
    for row in read_lines(folder / "out_of_scope.jsonl.gz"):
        out_of_scope.setdefault(row["split"], []).append(row["text"])
    return Corpus(
        skills,
        capability,
        _rows(folder, "train", index),
        _rows(folder, "dev", index),
        out_of_scope,
    )
