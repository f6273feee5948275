"""MLServer with a custom runtime."""

import os
import sys

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse

sys.path.insert(0, os.environ["EARSHOT_PEERS"])
from graphs import Graphs


class Shortlist(MLModel):
    async def load(self):
        self.graphs = Graphs(os.environ["EARSHOT_BUNDLE"])
        return True

    async def predict(self, payload):
        inputs = {part.name: NumpyCodec.decode_input(part) for part in payload.inputs}
        best, log_probabilities = self.graphs.run(inputs["word_ids"], inputs["enabled"])
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                NumpyCodec.encode_output("top_indices", best),
                NumpyCodec.encode_output("top_log_probabilities", log_probabilities),
            ],
        )
