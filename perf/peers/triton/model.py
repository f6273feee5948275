"""Triton's Python backend: one instance, which gets batches made by dynamic batching."""

import os
import sys

import numpy as np
import triton_python_backend_utils as pb_utils

sys.path.insert(0, os.environ["EARSHOT_PEERS"])
from graphs import Graphs


class TritonPythonModel:
    def initialize(self, args):
        self.graphs = Graphs(os.environ["EARSHOT_BUNDLE"])

    def execute(self, requests):
        words = [self._input(request, "word_ids") for request in requests]
        enabled = [self._input(request, "enabled") for request in requests]
        best, log_probabilities = self.graphs.run(np.concatenate(words), np.concatenate(enabled))
        responses = []
        start = 0
        for part in words:
            end = start + len(part)
            responses.append(
                pb_utils.InferenceResponse(
                    [
                        pb_utils.Tensor("top_indices", best[start:end]),
                        pb_utils.Tensor("top_log_probabilities", log_probabilities[start:end]),
                    ]
                )
            )
            start = end
        return responses

    @staticmethod
    def _input(request, name):
        return pb_utils.get_input_tensor_by_name(request, name).as_numpy()
