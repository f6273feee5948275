"""A bias bundle's context encoder, run as the server runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from earshot_training import bias_bundle
from earshot_training.tokenizer import MAX_NGRAMS, UNKNOWN, Encoded, Folding, Tokenizer

MAX_UNKNOWN = 256
"""Words that are described by their n-grams in one run."""
_MATCHED_WORDS = 256


class ContextEncoder:
    """Embeddings and similarities, on the CPU, one thread."""

    def __init__(self, folder: Path):
        self.manifest = bias_bundle.check(folder)
        roles, context = self.manifest["roles"], self.manifest["context"]
        self.kinds = context["kinds"]
        self.tokenizer = Tokenizer(
            Folding.read(folder / roles["context_folding"]),
            (folder / roles["context_vocabulary"]).read_text(encoding="utf-8").split("\n")[:-1],
            context["ngram_buckets"],
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.sessions = {
            graph: onnxruntime.InferenceSession(
                str(folder / roles[f"context_{graph}"]), options, providers=["CPUExecutionProvider"]
            )
            for graph in ("encode", "match")
        }

    @staticmethod
    def inputs(texts: Sequence[Encoded]) -> dict[str, np.ndarray]:
        """Texts laid end to end, as both graphs read them."""
        ids = [i for text in texts for i in text.word_ids]
        grams = [n for text in texts for n in text.unknown_ngrams]
        width = -(-len(ids) // 16) * 16
        slots = np.zeros(width, np.int32)
        unknown = np.flatnonzero(np.array(ids) == UNKNOWN)[:MAX_UNKNOWN]
        slots[unknown] = np.arange(1, len(unknown) + 1)
        grams = grams[:MAX_UNKNOWN]
        table = np.zeros((max(1, len(grams)), MAX_NGRAMS), np.int32)
        for row, ngrams in enumerate(grams):
            table[row, : len(ngrams)] = ngrams
        return {
            "word_ids": np.array(ids + [0] * (width - len(ids)), np.int32),
            "lengths": np.array([len(text.word_ids) for text in texts], np.int32),
            "unknown_slots": slots, "unknown_ngrams": table,
        }  # fmt: skip

    def kind(self, name: str) -> int:
        return self.kinds.index(name) if name in self.kinds else 0

    def encode(self, items: Sequence[tuple[str, str]]) -> np.ndarray:
        """Kinds and texts → float32 [items, W]."""
        inputs = self.inputs([self.tokenizer.encode(text) for _, text in items])
        kinds = np.array([self.kind(kind) for kind, _ in items], np.int32)
        return self.sessions["encode"].run(["embedding"], inputs | {"kinds": kinds})[0]

    def match(self, embedding: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """float32 [texts]."""
        encoded = [self.tokenizer.encode(text) for text in texts]
        found, begin, words = [], 0, 0
        for i in range(len(encoded) + 1):
            words += len(encoded[i].word_ids) if i < len(encoded) else 0
            if i > begin and (i == len(encoded) or words > _MATCHED_WORDS):
                inputs = self.inputs(encoded[begin:i]) | {"embedding": embedding}
                found.append(self.sessions["match"].run(["similarities"], inputs)[0])
                begin, words = i, len(encoded[i].word_ids) if i < len(encoded) else 0
        return np.concatenate(found) if found else np.zeros(0, np.float32)
