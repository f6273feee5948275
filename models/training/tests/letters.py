"""A bias encoder of another make, as small as can be: it reads letters and kinds. The server's tests
run the file that ``python models/training/tests/letters.py FILE`` writes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from earshot_training.graphs import GraphBuilder, write


def graph() -> onnx.ModelProto:
    """Of each item, the sum of its code points and the number of its kind: ``embedding`` [I, 2]."""
    g = GraphBuilder("letters", int8=False)
    characters = g.input("characters", TensorProto.INT32, ["C"])
    lengths = g.input("character_lengths", TensorProto.INT32, ["I"])
    kinds = g.input("kinds", TensorProto.INT32, ["I"])
    ends = g.node("CumSum", lengths, g.constant(0, np.int64))
    starts = g.node("Unsqueeze", g.node("Sub", ends, lengths), g.axes(1))
    size = g.node("Squeeze", g.node("Shape", characters))
    places = g.node("Range", g.constant(0, np.int64), size, g.constant(1, np.int64))
    places = g.node("Cast", places, to=TensorProto.INT32)
    below = g.node("Less", places, g.node("Unsqueeze", ends, g.axes(1)))
    inside = g.node("And", g.node("GreaterOrEqual", places, starts), below)
    inside = g.node("Cast", inside, to=TensorProto.FLOAT)
    values = g.node("Unsqueeze", g.node("Cast", characters, to=TensorProto.FLOAT), g.axes(1))
    kind = g.node("Unsqueeze", g.node("Cast", kinds, to=TensorProto.FLOAT), g.axes(1))
    g.output(g.node("Concat", g.node("MatMul", inside, values), kind, axis=1), "embedding",
             TensorProto.FLOAT, ["I", 2])  # fmt: skip
    return g.model("letters and kinds of items to their sums")


if __name__ == "__main__":
    write(graph(), Path(sys.argv[1]))
