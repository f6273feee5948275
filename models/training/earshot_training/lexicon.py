"""Words, how they sound and how ordinary they are: CMUdict and wordfreq, compiled into one small file.

``lexicon.bin`` is gzip of (numbers big-endian)::

    "EARSHOTLEX" u8 format (1)   u32 words
    for each word, in the order of its bytes (a–z and '):
      u8 letters shared with the word before   u8 further letters   the letters
      u8 how ordinary it is: twenty times its Zipf frequency (log10 of its uses in 10^9 words); 0: rare
      u8 pronunciations   for each: u8 phones, and each phone's code
"""

from __future__ import annotations

import gzip
import math
import re
import struct
from pathlib import Path

from earshot_training import phones

MAGIC = b"EARSHOTLEX\x01"
STEPS = 20
LEAST_ZIPF = 2.5
"""A word without a pronunciation is listed if it is at least so ordinary."""

MOST_PRONUNCIATIONS = 3

Lexicon = dict[str, list[tuple[int, ...]]]
"""The pronunciations of each word, likeliest first."""

_WORD = re.compile(r"[a-z']+")


def read_cmudict(path: Path) -> Lexicon:
    """The words of letters alone; stress is left out, and what is then the same is listed once."""
    lexicon: Lexicon = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            word, *names = line.partition("#")[0].split()
            word = re.sub(r"\(\d+\)$", "", word)
            if not _WORD.fullmatch(word):
                continue
            sound = tuple(phones.CODES[name.rstrip("012")] for name in names)
            known = lexicon.setdefault(word, [])
            if sound not in known:
                known.append(sound)
    return lexicon


def read_frequencies() -> dict[str, float]:
    """Zipf frequencies of English words (Speer, "wordfreq", 2022)."""
    from wordfreq import get_frequency_dict

    # A billion words is the scale on which Zipf frequencies are counted.
    return {
        word: math.log10(share) + 9.0
        for word, share in get_frequency_dict("en", wordlist="large").items()
        if _WORD.fullmatch(word)
    }


def compile_lexicon(lexicon: Lexicon, frequencies: dict[str, float]) -> bytes:
    """The file's bytes; the same for the same words."""
    words = set(lexicon) | {word for word, zipf in frequencies.items() if zipf >= LEAST_ZIPF}
    content = bytearray(MAGIC + struct.pack(">I", len(words)))
    before = b""
    for word in sorted(words):
        letters = word.encode("ascii")
        shared = 0
        while shared < min(len(before), len(letters)) and before[shared] == letters[shared]:
            shared += 1
        content += bytes((shared, len(letters) - shared)) + letters[shared:]
        content.append(min(255, max(0, round(STEPS * frequencies.get(word, 0.0)))))
        sounds = lexicon.get(word, [])[:MOST_PRONUNCIATIONS]
        content.append(len(sounds))
        for sound in sounds:
            content += bytes((len(sound), *sound))
        before = letters
    return gzip.compress(bytes(content), mtime=0)
