"""Progress lines with the time that is left."""

from __future__ import annotations

import sys
import time


class Progress:
    """Says on stderr how far a loop is, at most every ``interval`` seconds."""

    def __init__(self, what: str, total: int, interval: float = 10.0):
        self._what = what
        self._total = total
        self._interval = interval
        self._start = self._last = time.monotonic()
        self._done = 0

    def advance(self, count: int, note: str = "") -> None:
        self._done += count
        now = time.monotonic()
        if now - self._last < self._interval and self._done < self._total:
            return
        self._last = now
        spent = now - self._start
        left = spent * (self._total - self._done) / max(self._done, 1)
        print(
            f"{self._what}: {self._done:,}/{self._total:,} ({100 * self._done / self._total:.0f}%), "
            f"{spent:.0f} s, about {left:.0f} s left {note}",
            file=sys.stderr,
            flush=True,
        )
