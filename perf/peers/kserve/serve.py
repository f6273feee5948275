"""KServe with a custom model: serve.py PORT BUNDLE."""

import os
import sys

import kserve

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from graphs import Graphs


class Shortlist(kserve.Model):
    def __init__(self, bundle):
        super().__init__("shortlist")
        self.graphs = Graphs(bundle)
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        best, log_probabilities = self.graphs.run(
            payload.get_input_by_name("word_ids").as_numpy(),
            payload.get_input_by_name("enabled").as_numpy(),
        )
        outputs = []
        for name, datatype, values in [
            ("top_indices", "INT64", best),
            ("top_log_probabilities", "FP32", log_probabilities),
        ]:
            output = kserve.InferOutput(name, list(values.shape), datatype)
            output.set_data_from_numpy(values, binary_data=True)
            outputs.append(output)
        return kserve.InferResponse(payload.id, "shortlist", outputs)


if __name__ == "__main__":
    port, bundle = sys.argv[1:]
    kserve.ModelServer(
        http_port=int(port) + 1 if int(port) < 65535 else 0,
        grpc_port=int(port),
        workers=1,
        enable_docs_url=False,
        access_log_format=None,
    ).start([Shortlist(bundle)])
