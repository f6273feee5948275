"""The context encoder's two ONNX graphs. Standard operators, in float32; tables are kept as int8 and
matrices as float16. Texts are laid end to end, so that a context of a reply and thirty names costs
what its words cost."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto
from torch import nn

from earshot_training.context.model import ContextModel
from earshot_training.graphs import Dense, GraphBuilder, Table
from earshot_training.model import SCORE_LIMIT
from earshot_training.tokenizer import MAX_NGRAMS

SIMILARITY_LIMIT = 10.0
_END = np.iinfo(np.int64).max


def _array(tensor) -> np.ndarray:
    return tensor.detach().numpy().astype(np.float32)


class _Builder(GraphBuilder):
    """Layers of the model as nodes."""

    def __init__(self, name: str, model: ContextModel, tables: dict[str, Table]):
        super().__init__(name, int8=False)
        self.model_, self.tables = model, tables
        self.size = model.dims.word

    def constant(self, array: np.ndarray | list | float, dtype: type = np.float32) -> str:
        """Matrices are kept as float16; the runtime makes float32 of them once, when it loads them."""
        if isinstance(array, np.ndarray) and array.dtype == np.float32 and array.size >= 1024:
            half = super().constant(array.astype(np.float16))
            return self.node("Cast", half, to=TensorProto.FLOAT)
        return super().constant(array, dtype)

    def layer(self, value: str, module: nn.Linear, relu: bool = False) -> str:
        bias = _array(module.bias) if module.bias is not None else None
        return self.dense(value, Dense(_array(module.weight).T.copy(), bias, 1.0, relu))

    def norm(self, value: str, module: nn.LayerNorm) -> str:
        return self.node(
            "LayerNormalization", value, self.constant(_array(module.weight)),
            self.constant(_array(module.bias)), axis=-1, epsilon=1e-5,
        )  # fmt: skip

    def reshape(self, value: str, *shape: int) -> str:
        return self.node("Reshape", value, self.constant(list(shape), np.int64))

    def texts(self, count: str) -> tuple[str, str, str]:
        """Adds the inputs of texts laid end to end. Gives each token's vector [T, W], which token is
        of which text, float32 [texts, T], and the pooled vectors [texts, W]."""
        model = self.model_
        ids = self.input("word_ids", TensorProto.INT32, ["T"])
        lengths = self.input("lengths", TensorProto.INT32, [count])
        slots = self.input("unknown_slots", TensorProto.INT32, ["T"])
        ngrams = self.input("unknown_ngrams", TensorProto.INT32, ["U", MAX_NGRAMS])

        rows, scales = self.dequantised_rows(
            self.tables["context.ngrams.i8"], self.tables["context.ngram_scales.f32"], ngrams
        )
        present = self.node("Cast", self.node("Cast", ngrams, to=TensorProto.BOOL), to=TensorProto.FLOAT)
        number = self.node("Max", self.node("ReduceSum", present, self.axes(1)), self.constant(1.0))
        weights = self.node("Unsqueeze", self.node("Mul", scales, present), self.axes(1))
        total = self.node("Squeeze", self.node("MatMul", weights, rows), self.axes(1))
        mean = self.node("Div", total, number)
        characters = self.layer(self.layer(mean, model.characters.inner), model.characters.outer, True)
        none = self.constant(np.zeros((1, self.size), np.float32))
        characters = self.node("Concat", none, characters, axis=0)
        rows, scales = self.dequantised_rows(
            self.tables["context.words.i8"], self.tables["context.word_scales.f32"], ids
        )
        x = self.node("Mul", rows, self.node("Unsqueeze", scales, self.axes(1)))
        x = self.node("Add", x, self.node("Gather", characters, slots, axis=0))

        ends = self.node("CumSum", lengths, self.constant(0, np.int64))
        starts = self.node("Unsqueeze", self.node("Sub", ends, lengths), self.axes(1))
        ends = self.node("Unsqueeze", ends, self.axes(1))
        size = self.node("Squeeze", self.node("Shape", ids))
        places = self.node("Range", self.constant(0, np.int64), size, self.constant(1, np.int64))
        places = self.node("Cast", places, to=TensorProto.INT32)
        begun = self.node("GreaterOrEqual", places, starts)
        inside = self.node("Cast", self.node("And", begun, self.node("Less", places, ends)),
                           to=TensorProto.FLOAT)  # fmt: skip
        last = self.node("Sub", ends, self.constant(1, np.int32))

        def but(edges: str) -> str:
            """float32 [T, 1]: 0 at the edges of texts, else 1."""
            at = self.node("Cast", self.node("Equal", places, edges), to=TensorProto.FLOAT)
            found = self.node("Sub", self.constant(1.0), self.node("ReduceMax", at, self.axes(0), keepdims=0))
            return self.node("Unsqueeze", found, self.axes(1))

        convolution = model.layer
        h = self.norm(x, convolution.norm)
        padded = self.node("Pad", h, self.constant([1, 0, 1, 0], np.int64))
        before = self.node("Slice", padded, self.axes(0), self.axes(-2), self.axes(0))
        after = self.node("Slice", padded, self.axes(2), self.axes(_END), self.axes(0))
        window = self.node(
            "Concat", self.node("Mul", before, but(starts)), h, self.node("Mul", after, but(last)), axis=1
        )
        x = self.node("Add", x, self.layer(self.layer(window, convolution.mix), convolution.out, True))
        h = self.norm(x, model.norm)

        heads = model.dims.heads
        scores = self.node("Clip", self.layer(h, model.score), self.constant(-SCORE_LIMIT),
                           self.constant(SCORE_LIMIT))  # fmt: skip
        weight = self.node("Exp", scores)
        value = self.reshape(self.layer(h, model.value), -1, heads, self.size // heads)
        weighted = self.node("Mul", value, self.node("Unsqueeze", weight, self.axes(2)))
        sums = self.node("MatMul", inside, self.reshape(weighted, -1, self.size))
        totals = self.node("Unsqueeze", self.node("MatMul", inside, weight), self.axes(2))
        pooled = self.node("Div", self.reshape(sums, -1, heads, self.size // heads), totals)
        return h, inside, self.reshape(pooled, -1, self.size)

    def attention(self, q: str, k: str, v: str, heads: int) -> str:
        """Rows of ``q`` [N, W] read the rows of ``v`` [I, W] by those of ``k``: [N, W]."""
        size = self.size // heads
        q = self.node("Transpose", self.reshape(q, -1, heads, size), perm=[1, 0, 2])
        k = self.node("Transpose", self.reshape(k, -1, heads, size), perm=[1, 2, 0])
        v = self.node("Transpose", self.reshape(v, -1, heads, size), perm=[1, 0, 2])
        scores = self.node("Mul", self.node("MatMul", q, k), self.constant(size**-0.5))
        read = self.node("MatMul", self.node("Softmax", scores, axis=-1), v)
        return self.reshape(self.node("Transpose", read, perm=[1, 0, 2]), -1, self.size)

    def directions(self, value: str, module: nn.Linear) -> str:
        """[rows, W] → [rows, looks, W / looks], each of length 1."""
        looks = self.model_.dims.looks
        x = self.reshape(self.layer(value, module), -1, looks, self.size // looks)
        length = self.node("ReduceL2", x, self.axes(2), keepdims=1)
        return self.node("Div", x, self.node("Max", length, self.constant(1e-12)))


def encode_graph(model: ContextModel, tables: dict[str, Table]) -> onnx.ModelProto:
    g = _Builder("context_encode", model, tables)
    _, _, pooled = g.texts("I")
    kinds = g.input("kinds", TensorProto.INT32, ["I"])
    kind = g.node("Gather", g.constant(_array(model.kinds.weight)), kinds, axis=0)
    x = g.norm(g.node("Add", pooled, kind), model.item_norm)
    thirds = g.constant([g.size] * 3, np.int64)
    q, k, v = g.node("Split", g.layer(x, model.across), thirds, outputs=3, axis=1)
    x = g.node("Add", x, g.layer(g.attention(q, k, v, model.dims.heads), model.across_out))
    inner = g.layer(g.norm(x, model.inner_norm), model.inner)
    x = g.node("Add", x, g.layer(inner, model.outer, True))
    g.output(g.norm(x, model.embedding_norm), "embedding", TensorProto.FLOAT, ["I", g.size])
    return g.model("texts and kinds of a context's items to their embeddings")


def match_graph(model: ContextModel, tables: dict[str, Table]) -> onnx.ModelProto:
    g = _Builder("context_match", model, tables)
    embedding = g.input("embedding", TensorProto.FLOAT, ["I", g.size])
    h, inside, pooled = g.texts("N")
    q = g.layer(pooled, model.query)
    halves = g.constant([g.size] * 2, np.int64)
    k, v = g.node("Split", g.layer(embedding, model.read), halves, outputs=2, axis=1)
    read = g.attention(q, k, v, model.dims.heads)
    both = g.node("Concat", q, read, g.node("Mul", q, read), axis=1)
    score = g.layer(g.layer(both, model.judge), model.verdict, True)

    looked = g.node("Transpose", g.directions(h, model.look), perm=[1, 0, 2])
    seen = g.node("Transpose", g.directions(embedding, model.shown), perm=[1, 2, 0])
    sharpness = 4 * nn.functional.softplus(model.sharpness)
    near = g.node("Sub", g.node("MatMul", looked, seen), g.constant(_array(model.threshold)[:, None, None]))
    excess = g.node("Mul", near, g.constant(_array(sharpness)[:, None, None]))
    found = g.node("ReduceSum", g.node("Exp", excess), g.axes(2), keepdims=0)
    evidence = g.node("Log", g.node("Add", found, g.constant(1.0)))
    evidence = g.node("Transpose", evidence, perm=[1, 0])
    looks = g.constant([model.dims.looks, 1], np.int64)
    worth, alone = g.node("Split", g.layer(h, model.worth), looks, outputs=2, axis=1)
    each = g.node("ReduceSum", g.node("Mul", evidence, worth), g.axes(1), keepdims=1)
    score = g.node("Add", score, g.node("MatMul", inside, g.node("Add", each, alone)))
    score = g.node(
        "Add", g.node("Mul", score, g.constant(model.scale.item())), g.constant(model.offset.item())
    )
    score = g.node("Clip", g.node("Squeeze", score, g.axes(1)), g.constant(-SIMILARITY_LIMIT),
                   g.constant(SIMILARITY_LIMIT))  # fmt: skip
    g.output(score, "similarities", TensorProto.FLOAT, ["N"])
    return g.model("embeddings of a context's items and texts to how well the texts fit")
