"""BentoML over gRPC: a runner with adaptive batching behind an API of one array."""

import os
import sys

import bentoml
import numpy as np

sys.path.insert(0, os.environ["EARSHOT_PEERS"])
from graphs import MAX_WORDS, Graphs


class ShortlistRunnable(bentoml.Runnable):
    SUPPORTED_RESOURCES = ("cpu",)
    SUPPORTS_CPU_MULTI_THREADING = False

    def __init__(self):
        self.graphs = Graphs(os.environ["EARSHOT_BUNDLE"])

    @bentoml.Runnable.method(batchable=True, batch_dim=0)
    def shortlist(self, request):
        best, log_probabilities = self.graphs.run(request[:, :MAX_WORDS], request[:, MAX_WORDS:])
        return np.concatenate([best, log_probabilities], axis=1)


runner = bentoml.Runner(ShortlistRunnable, name="shortlist", max_batch_size=16, max_latency_ms=15)
svc = bentoml.Service("shortlist", runners=[runner])


@svc.api(
    input=bentoml.io.NumpyNdarray(dtype="int32", enforce_dtype=False),
    output=bentoml.io.NumpyNdarray(dtype="float64"),
)
async def shortlist(request):
    return await runner.shortlist.async_run(request)
