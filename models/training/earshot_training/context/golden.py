"""Golden vectors of the context encoder: contexts of our own, with token ids, embeddings and
similarities."""

from __future__ import annotations

import json
from pathlib import Path

from earshot_training import bias_bundle
from earshot_training.context.encoder import ContextEncoder
from earshot_training.golden import ODD_TEXTS

SHOWN = 6
"""Of an embedding, so many values are listed; similarities depend on all of them."""
_AT_A_TIME = 8
_PLAIN = (
    ([("UTTERANCE", "call meg"), ("REPLY", "Do you mean Meg Jones or Meg Bauer?"), ("CONTACT", "Meg Jones"),
      ("CONTACT", "Meg Bauer")], ["power", "bauer", "meg power", "meg bauer", "the weather in paris"]),
    ([("REPLY", "It is in Arezzo, near Florence."), ("PLACE", "Arezzo"), ("PLACE", "Florence"),
      ("PROFILE", "Ulaanbaatar"), ("PROFILE", "San José")],
     ["how far is a rate so", "how far is arezzo", "yes"]),
    ([("PROFILE", "kitchen lamp"), ("PROFILE", "hallway"), ("DEVICE", "Nursery Heater")],
     ["turn on the kitchen lamp", "turn on the chicken lamp", "what time is it"]),
    ([("UTTERANCE", "play something"), ("REPLY", "By whom?")], ["björk", "bjork", "be york", ""]),
    ([("UTTERANCE", "set a timer"), ("REPLY", "For how long?")], ["five minutes", "fine minutes", "cancel"]),
    ([("REPLY", "Shall I confirm that?")], ["yes please", "no", "find me a movie in santa rosa"]),
)  # fmt: skip


def write(folder: Path) -> None:
    """Writes ``context.golden.jsonl`` by the bundle's graphs, and the manifest anew."""
    encoder = ContextEncoder(folder)
    cases = [*_PLAIN]
    odd = list(dict.fromkeys(ODD_TEXTS))
    for begin in range(0, len(odd), _AT_A_TIME):
        texts = odd[begin : begin + _AT_A_TIME]
        kinds = ("UTTERANCE", "REPLY", "PROFILE", "CONTACT", "something new")
        cases.append(([(kinds[i % len(kinds)], text) for i, text in enumerate(texts)], texts[:3]))
    names = [("PROFILE", f"person {i} of sixty-four") for i in range(64)]
    cases.append((names, ["person 7 of sixty-four", "nobody"]))
    lines = []
    for items, hypotheses in cases:
        encoded = [encoder.tokenizer.encode(text) for _, text in items]
        embedding = encoder.encode(items)
        lines.append(json.dumps({
            "items": [{"kind": kind, "text": text} for kind, text in items],
            "word_ids": [text.word_ids for text in encoded],
            "unknown_ngrams": [text.unknown_ngrams for text in encoded],
            "embedding_heads": [[round(float(v), 6) for v in row[:SHOWN]] for row in embedding],
            "hypotheses": list(hypotheses),
            "similarities": [round(float(v), 6) for v in encoder.match(embedding, hypotheses)],
        }))  # fmt: skip
    text = "".join(f"{line}\n" for line in lines)
    (folder / "context.golden.jsonl").write_text(text, encoding="utf-8", newline="\n")
    bias_bundle.write(folder)
