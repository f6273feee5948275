"""Training texts made from what a skill says about itself.

Half the catalogue has two example utterances per skill, but also a name, an invocation name and a
description that quotes what to say. These become texts of that skill.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from earshot_training.data import Skill

LAUNCHES = ("open", "launch", "start", "begin", "talk to", "ask", "tell", "load", "play", "use", "")
CONNECTIVES = ("for", "to", "about", "what", "give me", "")
_QUOTED = re.compile(r"[\"“”]([^\"“”\n]{3,120})[\"“”]")
_SENTENCE_END = re.compile(r"[\n.!?;•*]+|\s-\s")
_WAKE = re.compile(r"^\W*(?:(?:hey|ok|okay)\s+)?(?:alexa|echo|computer)\b[\s,.:!-]*", re.IGNORECASE)
_ASK = re.compile(
    r"^(?:ask|tell|open|launch|start|use)\s+(.+?)\s+(?:and\s+)?(?:to|for|about|that|if|whether)\s+(.+)$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|[_]")
MAX_PHRASES = 14
MAX_PHRASE_WORDS = 24


def spoken(name: str) -> str:
    """A name as it would be said: ``BookRestaurant`` is "Book Restaurant"."""
    return _CAMEL.sub(" ", name)


@dataclass(frozen=True)
class Metadata:
    """What a skill's entry yields: ``titles`` are what it is called (name, invocation name),
    ``phrases`` what can be said to it or is said about it, the likeliest utterances first."""

    titles: list[str]
    phrases: list[str]


def metadata(skill: Skill) -> Metadata:
    titles = list(dict.fromkeys(t for t in (skill.invocation, spoken(skill.name)) if t.strip()))
    said: list[str] = []
    for quoted in _QUOTED.findall(skill.description):
        said.append(quoted)
    sentences = [s.strip() for s in _SENTENCE_END.split(skill.description) if s.strip()]
    said += [s for s in sentences if _WAKE.match(s)]
    phrases: list[str] = []
    for text in said:
        text = _WAKE.sub("", text).strip()
        phrases.append(text)
        asked = _ASK.match(text)
        if asked:
            phrases.append(asked.group(2))
    phrases += [_WAKE.sub("", s) for s in sentences]
    kept = [p for p in dict.fromkeys(phrases) if 1 <= len(p.split()) <= MAX_PHRASE_WORDS]
    return Metadata(titles, kept[:MAX_PHRASES])
