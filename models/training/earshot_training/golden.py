"""Golden vectors: texts of our own, with token ids and the int8 graphs' answers.

They prove that another implementation tokenises and answers alike, odd Unicode included.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from earshot_training.bundle import Bundle

ODD_TEXTS = (
    "", " ", "\t\n\r", "?!...", "—–-…·", "''", "' ' '", "'", "\u0000", "will\u0000it\u0000rain",
    "Will it RAIN tomorrow?", "WILL IT RAIN", "will  it\u00a0rain\u2003tomorrow",
    "don't", "don’t", "don‘t", "don`t", "don´t", "'tis o'clock'", "rock 'n' roll", "the dogs' bowls",
    "café", "cafe\u0301", "CAFÉ", "naïve résumé", "smörgåsbord", "Ångström", "A\u030angstro\u0308m",
    "İstanbul", "ISTANBUL", "ıstanbul", "İ", "i\u0307", "Iğdır", "straße", "STRASSE", "STRAẞE",
    "Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ", "ὈΔΥΣΣΕΎΣ", "ᾳ ᾼ ΑΙ", "ﬁnd the ﬂight", "eﬀective oﬃce", "ﬅ ﬆ",
    "ＰＬＡＹ ｍｕｓｉｃ", "１２３ ｍａｉｎ", "①②③ ⑳", "x² + y³", "H₂O", "½ cup and ¾ litre", "Ⅷ ⅷ", "℃ ℉ Å K",
    "㎏ ㏂ ㍿", "℀ ℅ ™ ℠", "№ 5", "ª º", "Ω Ω", "µ μ", "ſet the alarm", "Ǆ ǅ ǆ", "Ŀ ŀ ŉ",
    "play 🎵 music", "🌧", "☔️ tomorrow", "👩‍👩‍👧‍👦 family", "🇩🇪 flag", "1️⃣ 2️⃣", "❤️‍🔥", "a😀b",
    "明天会下雨吗", "明日は雨が降りますか", "カタカナ ｶﾀｶﾅ ﾊﾞﾊﾟ", "ガ カ\u3099", "내일 비가 올까요",
    "\u1102\u1162\u110b\u1175\u11af", "ㄱㄴㄷ", "𠮷野家", "𝒽𝑒𝓁𝓁𝑜 𝐰𝐨𝐫𝐥𝐝", "𝟙𝟚𝟛", "🄰🄱🄲", "豈 更",
    "هل ستمطر غدا", "ﷺ", "ﻼ ﻻ", "مُحَمَّد", "١٢٣", "العـــربية", "מחר ירד גשם", "שָׁלוֹם", "ﬡ ﬢ",
    "क्या कल बारिश होगी", "नमस्ते", "வணக்கம்", "สวัสดี", "ກຳ ຳ", "བོད་ཡིག", "ខ្មែរ", "ⴰⵎⴰⵣⵉⵖ", "ᏣᎳᎩ ꮳꮃꭹ",
    "zero\u200bwidth\u200cjoin\u200ders", "soft\u00adhyphen", "\ufeffbyte order mark", "a\u2060b",
    "right\u200fto\u202eleft\u202c", "line\u2028separator\u2029s", "a\u0085b", "tab\tand\vfeed\f",
    "e\u0301\u0302\u0303\u0304", "\u0301", "a\u0301", "\u0301\u0302", "Z̸a̷l̵g̶o̴", "q\u0307\u0323", "ệ ệ",
    "\ud7a3\uac00", "\ue000private\uf8ff", "\U000e0001\U000e0041", "\U0010ffff", "\uffff", "\ufffd", "\U0001f9ff",
    "snake_case_words", "kebab-case-words", "dots.in.words", "e-mail me@example.org", "c++ c#",
    "http://example.org/a?b=c&d=%20", "100%", "$5.00", "50/50", "3:45 p.m.", "a.b.c.", "u.s.a.", "(in) [brackets] {here}",
    "ʻokina ʼapostrophe ʹprime", "l′eau", "ﾞ ﾟ", "ǰ ΰ ẖ", "ŉame", "Ĳssel ĳs", "æther Œuvre", "Þórr Ðegn", "łódź", "đồng",
    "\u1e9b\u0323", "\u2126", "\u212b", "\u0344", "\u0345", "\u03f4 \u03d1", "\u1c80\u1c81", "\ua64a \u1c88", "\u10a0 \u2d00", "\u1c90 \u10d0",
    "\ud55c\uad6d\uc5b4 voice", "mixed Кириллица and latin", "ЁЛКА ёлка", "Ї і Й", "ЉУБАВ", "Ѐ Ѝ",
    "supercalifragilisticexpialidocious", "pneumonoultramicroscopicsilicovolcanoconiosis",
    "a", "ab", "abc", "zq", "zqx", "xqzv kqjw", "a" * 20, "a" * 21, "b" * 300, "é" * 25, "😀" * 70, "字" * 30, "ﷺ" * 3,
    "ok " * 70, "zqxj " * 66, ("one two three four five six seven " * 10).strip(), "x " * 64 + "y", "x " * 63 + "y",
    "<pad>", "<empty>", "<unknown>", "<pad> <unknown> rain", "[CLS] [SEP]", "null", "NaN", "Infinity", "-1", "0", "007", "1e10",
)  # fmt: skip

_REQUESTS = (
    "will it rain in {place} tomorrow", "wake me up at {time}", "set a timer for {number} minutes",
    "play some {music}", "how do i activate my new card", "book a table for {number} in {place}",
    "open {title}", "ask {title} for help", "what is the weather like in {place}",
    "find me a flight to {place}", "i lost my phone, can you ring it", "transfer {number} dollars",
    "tell me a joke about {place}", "turn off the lights in the {room}", "give me a {title} fact",
    "why was my card declined in {place}", "rent a car in {place} from {time}", "start {title}",
    "translate good morning to french", "how many calories are in {number} apples",
    "add {music} to my list", "launch {title} and begin", "what's on my calendar at {time}",
    "i wnat to chekc teh wether", "remnid me too cal mom at {time}",
)  # fmt: skip
_FILLERS = {
    "place": ("Paris", "San José", "Zürich", "new york", "the mountains", "Ulaanbaatar"),
    "time": ("six", "7 a.m.", "noon", "half past nine"),
    "number": ("5", "twelve", "2", "a hundred"),
    "music": ("jazz", "Björk", "hip-hop", "folk songs from Wales"),
    "room": ("kitchen", "hallway", "nursery"),
    "title": ("cat facts", "daily affirmation", "star lanes", "trivia master", "bitcoin price"),
}
ANSWERED = 60
TOTAL = 320
TOP = 20


def texts(seed: int = 7) -> list[str]:
    """The odd ones, then requests made from patterns: the same in every run."""
    rng = np.random.default_rng(seed)
    made = list(dict.fromkeys(ODD_TEXTS))
    while len(made) < TOTAL:
        pattern = _REQUESTS[rng.integers(len(_REQUESTS))]
        chosen = {name: values[rng.integers(len(values))] for name, values in _FILLERS.items()}
        text = pattern.format(**chosen)
        if text not in made:
            made.append(text)
    return made


def write(folder: Path, seed: int = 7) -> None:
    """Writes ``golden.jsonl`` by the bundle's int8 graphs. Half of the answers have enabled skills."""
    bundle = Bundle(folder)
    rng = np.random.default_rng(seed)
    chosen = texts(seed)
    # Answers for plain requests mostly, and for some odd texts.
    answered = set(range(len(chosen) - 45, len(chosen)))
    answered |= {int(i) for i in rng.choice(len(chosen) - 45, ANSWERED - 45, replace=False)}
    lines = []
    for place, text in enumerate(chosen):
        encoded = bundle.tokenizer.encode(text)
        entry: dict = {
            "text": text, "words": encoded.words, "word_ids": encoded.word_ids,
            "unknown_ngrams": encoded.unknown_ngrams,
        }  # fmt: skip
        if place in answered:
            count = int(rng.integers(1, 20)) if place % 2 else 0
            found = bundle.shortlist([encoded], k=TOP)
            likely = found.indices[0, rng.integers(0, TOP, min(count, 2))]
            enabled = np.unique(
                np.concatenate((likely, rng.integers(0, len(bundle.skills), max(0, count - 2))))
            ).astype(np.int64)
            found = bundle.shortlist([encoded], [enabled], TOP)
            entry["answers"] = [{
                "enabled": [bundle.skills[i]["id"] for i in enabled],
                "top": [
                    [bundle.skills[i]["id"], float(p)]
                    for i, p in zip(found.indices[0], found.log_probabilities[0])
                ],
                "scope_score": float(found.scope_scores[0]),
            }]  # fmt: skip
        lines.append(json.dumps(entry, ensure_ascii=True))
    (folder / "golden.jsonl").write_text("".join(f"{x}\n" for x in lines), newline="\n")
