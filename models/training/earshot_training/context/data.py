"""Turns of dialogues: what had been said, and what the user said next."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from earshot_training.data import read_lines

HELD_OUT = 25
"""Of the training dialogues, one in so many is kept from training: calibration is fitted on these."""

_WORD = r"[A-Z][\w'’&-]*"
_NAME = re.compile(rf"\b{_WORD}(?:\s+(?:(?:of|and|de|in|at|&)\s+)?(?:the\s+)?{_WORD})*")
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s+)$")


@dataclass(frozen=True)
class Turn:
    """``text`` was said after ``previous`` (the user's) and ``reply``, whose names are ``entities``;
    ``said``: those of them that ``text`` repeats, where the data say so."""

    dialogue: str
    previous: str
    reply: str
    entities: tuple[str, ...]
    text: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class Turns:
    train: list[Turn]
    held_out: list[Turn]
    dev: list[Turn]
    followups: list[Turn]
    """``dev``'s turns that repeat something of the reply, with the entities as the data give them."""


def names(reply: str) -> tuple[str, ...]:
    """What is capitalised in a reply and not only because a sentence begins there, at most six."""
    found = []
    for match in _NAME.finditer(reply):
        name = match.group().strip(" .'’&-")
        single = " " not in name
        if len(name) < 3 or (single and _SENTENCE_START.search(reply[: match.start()])):
            continue
        if name not in found:
            found.append(name)
    return tuple(found[:6])


def _followups(path: Path) -> list[Turn]:
    return [
        Turn(r["dialogue"], r["previous_utterance"] or "", r["reply"], tuple(r["reply_entities"]),
             r["reference"], tuple(r["entities_said"]))
        for r in read_lines(path)
    ]  # fmt: skip


def _dialogues(path: Path) -> list[Turn]:
    return [
        Turn(r["dialogue"], r["previous_utterance"] or "", r["reply"], names(r["reply"]), r["text"], ())
        for r in read_lines(path)
        if r["reply"]
    ]


def held_out(dialogue: str) -> bool:
    return zlib.crc32(dialogue.encode()) % HELD_OUT == 0


def load(folder: Path) -> Turns:
    """``folder`` holds ``shortlist/dialogues.*`` and ``asr/followups.*``."""
    both = _dialogues(folder / "shortlist" / "dialogues.train.jsonl.gz")
    both += _followups(folder / "asr" / "followups.train.jsonl.gz")
    return Turns(
        [turn for turn in both if not held_out(turn.dialogue)],
        [turn for turn in both if held_out(turn.dialogue)],
        _dialogues(folder / "shortlist" / "dialogues.dev.jsonl.gz"),
        _followups(folder / "asr" / "followups.dev.jsonl.gz"),
    )
