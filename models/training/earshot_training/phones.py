"""The phones of English in ARPAbet, as in CMUdict, without stress. A phone's code is its place here."""

from __future__ import annotations

NAMES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
).split()

CODES = {name: code for code, name in enumerate(NAMES)}
