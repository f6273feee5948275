"""The bundle's three graphs behind every Python peer: the same ONNX files, the same runtime.

Peers are spared what Earshot does besides: requests come tokenised (known words only), and name the
enabled skills by row, so that there is no text to cut and no profile to look up.
"""

import json
import os

import numpy as np
import onnxruntime as ort

MAX_WORDS = 64
MAX_ENABLED = 16
TOP = 5


def _round_up_8(n):
    return (n + 7) & ~7


class Graphs:
    """One thread, no spinning, as in Earshot's workers. Not thread-safe."""

    def __init__(self, bundle):
        with open(os.path.join(bundle, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        with open(os.path.join(bundle, "calibration.json"), encoding="utf-8") as file:
            calibration = json.load(file)
        dimensions = manifest["dimensions"]
        skills, query = dimensions["skills"], dimensions["query"]
        self._rows = np.memmap(os.path.join(bundle, "rows.i8"), np.int8, "r", shape=(skills, query))
        self._scales = np.fromfile(os.path.join(bundle, "row_scales.f32"), "<f4")
        self._boosts = np.fromfile(os.path.join(bundle, "enabled_boosts.f32"), "<f4")
        self._temperatures = np.array(
            [
                calibration["context_free"]["inverse_temperature"],
                calibration["personal"]["inverse_temperature"],
            ],
            np.float32,
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._sessions = {}
        for name, variants in manifest["graphs"].items():
            file = variants.get("int8", variants.get("fp32"))
            self._sessions[name] = ort.InferenceSession(
                os.path.join(bundle, file), options, providers=["CPUExecutionProvider"]
            )
        self._no_ngrams = np.zeros((1, manifest["tokenizer"]["max_ngrams"]), np.int32)
        self._top = np.array([TOP], np.int64)

    def run(self, word_ids, enabled):
        """Shortlists a batch.

        word_ids: int32 [N, MAX_WORDS], 0 beyond the end. enabled: int32 [N, MAX_ENABLED], rows of
        skills, -1 beyond the end. Returns the TOP best rows, int64 [N, TOP], and their log
        probabilities, float32 [N, TOP].
        """
        lengths = (word_ids != 0).sum(1).astype(np.int32)
        words = np.ascontiguousarray(word_ids[:, : _round_up_8(int(lengths.max()))], np.int32)
        (u,) = self._sessions["encode"].run(
            ["u"],
            {
                "word_ids": words,
                "lengths": lengths,
                "unknown_slots": np.zeros_like(words),
                "unknown_ngrams": self._no_ngrams,
            },
        )
        counts = (enabled >= 0).sum(1).astype(np.int32)
        columns = _round_up_8(max(1, int(counts.max())))
        indices = enabled[:, :columns]
        is_enabled = indices >= 0
        indices = np.where(is_enabled, indices, 0).astype(np.int64)
        (q,) = self._sessions["attend"].run(
            ["q"],
            {
                "u": u,
                "enabled_rows": self._rows[indices],
                "enabled_scales": self._scales[indices] * is_enabled,
                "enabled_counts": counts,
            },
        )
        best, log_probabilities = self._sessions["classify"].run(
            ["top_indices", "top_log_probabilities"],
            {
                "q": q,
                "enabled_indices": indices,
                "enabled_boosts": self._boosts[indices] * is_enabled,
                "inverse_temperatures": self._temperatures[(counts > 0).astype(int)],
                "k": self._top,
            },
        )
        return best, log_probabilities
