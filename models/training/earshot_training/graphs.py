"""The bundle's ONNX graphs: encode, attend and classify, for int8 and for float32.

What makes the int8 graphs independent of who shares the batch: activations have scales fixed at
export, dense layers are integer products (exact in any order), sums over time and over enabled
skills are products with zeros beyond the length, and nothing reads the padding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHT_LIMIT = 63
OPSET = 18
PRODUCER = "earshot-training"
_EPSILON = 1e-5
_TYPES = {"int8": TensorProto.INT8, "float32": TensorProto.FLOAT}


def quantise(matrix: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 within ±63 and float32 scales, one for each slice along ``axis``."""
    others = tuple(i for i in range(matrix.ndim) if i != axis)
    scale = np.abs(matrix).max(axis=others) / WEIGHT_LIMIT
    scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
    shape = [1] * matrix.ndim
    shape[axis] = -1
    values = np.rint(matrix / scale.reshape(shape)).clip(-WEIGHT_LIMIT, WEIGHT_LIMIT)
    return values.astype(np.int8), scale


@dataclass(frozen=True)
class Table:
    """An array in a file of its own, which graphs refer to."""

    file: str
    array: np.ndarray


@dataclass(frozen=True)
class Dense:
    """``x W + b``: W float32 [K, N], b [N]. ``limit``: the greatest |x| that the int8 variant holds;
    ``relu``: x is a rectified value, whose negative part the quantisation itself cuts off."""

    weight: np.ndarray
    bias: np.ndarray | None
    limit: float
    relu: bool = False


class GraphBuilder:
    """Collects nodes and initialisers of one graph."""

    def __init__(self, name: str, int8: bool):
        self.name, self.int8 = name, int8
        self._nodes: list[onnx.NodeProto] = []
        self._initialisers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, kind: int, shape: list[int | str]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, kind: int, shape: list[int | str]) -> None:
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, array: np.ndarray | list | float, dtype: type = np.float32) -> str:
        array = np.asarray(array, dtype=None if isinstance(array, np.ndarray) else dtype)
        self._count += 1
        name = f"constant_{self._count}"
        self._initialisers[name] = numpy_helper.from_array(array, name)
        return name

    def table(self, table: Table) -> str:
        """An initialiser whose data stay in the table's file."""
        if table.file not in self._initialisers:
            tensor = TensorProto()
            tensor.name = table.file
            tensor.data_type = _TYPES[str(table.array.dtype)]
            tensor.dims.extend(table.array.shape)
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", table.file), ("offset", 0),
                               ("length", table.array.nbytes)):  # fmt: skip
                tensor.external_data.add(key=key, value=str(value))
            self._initialisers[table.file] = tensor
        return table.file

    def node(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes):
        self._count += 1
        names = [f"{op.lower()}_{self._count}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def quantised(self, value: str, limit: float, rectified: bool = False) -> tuple[str, str, str]:
        """uint8 values, their scale and zero point. Rectified values have zero point 0."""
        scale = self.constant(limit / (255 if rectified else 127))
        zero = self.constant(0 if rectified else 128, np.uint8)
        return self.node("QuantizeLinear", value, scale, zero), scale, zero

    def product(self, quantised: tuple[str, str, str], dense: Dense) -> str:
        """An integer product with one weight scale per column, back to float32."""
        value, scale, zero = quantised
        weight, weight_scale = quantise(dense.weight, axis=1)
        bias = [self.constant(dense.bias.astype(np.float32))] if dense.bias is not None else []
        return self.node(
            "MatMulIntegerToFloat", value, self.constant(weight), scale,
            self.constant(weight_scale), zero, "", *bias, domain="com.microsoft",
        )  # fmt: skip

    def dense(self, value: str, dense: Dense) -> str:
        if self.int8:
            return self.product(self.quantised(value, dense.limit, dense.relu), dense)
        if dense.relu:
            value = self.node("Relu", value)
        out = self.node("MatMul", value, self.constant(dense.weight.astype(np.float32)))
        if dense.bias is None:
            return out
        return self.node("Add", out, self.constant(dense.bias.astype(np.float32)))

    def dequantised_rows(self, values: Table, scales: Table, indices: str) -> tuple[str, str]:
        """The chosen rows as float32 (not yet scaled) and their scales."""
        rows = self.node("Gather", self.table(values), indices, axis=0)
        scale = self.node("Gather", self.table(scales), indices, axis=0)
        return self.node("Cast", rows, to=TensorProto.FLOAT), scale

    def mask(self, like: str, axis: int, counts: str) -> str:
        """float32 [N, length of ``like`` along ``axis``]: 1 below each row's count."""
        shape = self.node("Shape", like, start=axis, end=axis + 1)
        length = self.node("Squeeze", shape)
        places = self.node("Range", self.constant(0, np.int64), length, self.constant(1, np.int64))
        places = self.node("Cast", places, to=TensorProto.INT32)
        below = self.node("Less", places, self.node("Unsqueeze", counts, self.axes(1)))
        return self.node("Cast", below, to=TensorProto.FLOAT)

    def either(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """What ``then`` makes if the condition holds, else what ``otherwise`` does: float32 both. The
        other's nodes do not run."""
        branches = {}
        for name, make in (("then_branch", then), ("else_branch", otherwise)):
            outer, self._nodes = self._nodes, []
            made = helper.make_tensor_value_info(make(), TensorProto.FLOAT, None)
            branches[name] = helper.make_graph(self._nodes, name, [], [made])
            self._nodes = outer
        return self.node("If", condition, **branches)

    def axes(self, *axes: int) -> str:
        return self.constant(list(axes), np.int64)

    def model(self, description: str) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._initialisers.values())
        )
        opsets = [helper.make_opsetid("", OPSET)]
        if self.int8:
            opsets.append(helper.make_opsetid("com.microsoft", 1))
        model = helper.make_model(graph, opset_imports=opsets, producer_name=PRODUCER)
        model.ir_version = 9
        model.doc_string = description
        return model


@dataclass(frozen=True)
class EncodeParts:
    words: Table
    word_scales: Table
    ngrams: Table
    ngram_scales: Table
    character_inner: Dense
    character_outer: Dense
    norms: list[tuple[np.ndarray, np.ndarray]]
    """γ, β of each layer's LayerNorm, and of the last one."""
    mixes: list[Dense]
    outs: list[Dense]
    pool: Dense
    """Columns: a score for each head, then each head's values and a constant 1."""
    heads: int
    score_limit: float
    max_ngrams: int

    @property
    def query(self) -> int:
        """What of ``u`` one head gives."""
        return self.pool.weight.shape[1] // self.heads - 2

    def pool_by_head(self) -> Dense:
        """``pool`` with each head's score in front of its values."""
        columns = self.pool.weight.shape[1]
        values = np.arange(self.heads, columns).reshape(self.heads, -1)
        order = np.concatenate((np.arange(self.heads)[:, None], values), 1).ravel()
        return Dense(self.pool.weight[:, order], self.pool.bias[order], self.pool.limit)

    def weights(self, g: GraphBuilder, scores: str) -> str:
        limit = self.score_limit
        return g.node("Exp", g.node("Clip", scores, g.constant(-limit), g.constant(limit)))

    def means(self, g: GraphBuilder, summed: str, axis: int) -> str:
        """``summed``: each head's weighted values and weights, its only dimensions beside N."""
        sums, totals = g.node("Split", summed, g.constant([self.query, 1], np.int64), outputs=2, axis=axis)
        shape = g.constant([0, self.heads * self.query], np.int64)
        return g.node("Reshape", g.node("Div", sums, totals), shape)


@dataclass(frozen=True)
class _EncodeInputs:
    word_ids: str
    lengths: str
    slots: str
    ngrams: str


class _PaddedWords:
    """Texts side by side, ``[N, T, W]``, zeros beyond their ends. For GPUs: they have one kernel for
    a normalisation, and no shape depends on values, for which the host would have to wait."""

    def __init__(self, g: GraphBuilder, parts: EncodeParts, inputs: _EncodeInputs):
        self.g, self.parts = g, parts
        characters = _characters(g, parts, inputs.ngrams)
        rows, scales = g.dequantised_rows(parts.words, parts.word_scales, inputs.word_ids)
        x = g.node("Mul", rows, g.node("Unsqueeze", scales, g.axes(2)))
        self.vectors = g.node("Add", x, g.node("Gather", characters, inputs.slots, axis=0))
        self.present = g.node("Unsqueeze", g.mask(inputs.word_ids, 1, inputs.lengths), g.axes(2))

    def normalised(self, x: str, gamma: np.ndarray, beta: np.ndarray) -> str:
        gamma, beta = self.g.constant(gamma), self.g.constant(beta)
        return self.g.node("LayerNormalization", x, gamma, beta, axis=-1, epsilon=_EPSILON)

    def mixed(self, h: str, mix: Dense) -> str:
        """The product of each word's ``h`` and its neighbours'."""
        g = self.g
        h = g.node("Mul", h, self.present)
        padded = g.node("Pad", h, g.constant([0, 1, 0, 0, 1, 0], np.int64))
        windows = [
            g.node("Slice", padded, g.axes(a), g.axes(b), g.axes(1))
            for a, b in ((0, -2), (1, -1), (2, np.iinfo(np.int64).max))
        ]
        return g.dense(g.node("Concat", *windows, axis=2), mix)

    def pooled(self, h: str) -> str:
        """float32 [N, heads · query]: each head's mean of the values, weighted by its scores."""
        g, parts = self.g, self.parts
        heads, values_width = parts.heads, parts.query + 1
        scores, values = g.node(
            "Split", g.dense(h, parts.pool), g.constant([heads, heads * values_width], np.int64),
            outputs=2, axis=2,
        )  # fmt: skip
        weight = g.node("Mul", parts.weights(g, scores), self.present)
        weight = g.node("Unsqueeze", g.node("Transpose", weight, perm=[0, 2, 1]), g.axes(2))
        values = g.node("Reshape", values, g.constant([0, 0, heads, values_width], np.int64))
        values = g.node("Transpose", values, perm=[0, 2, 1, 3])
        return parts.means(g, g.node("MatMul", weight, values), axis=3)


class _PackedWords:
    """The words of all texts one after another, ``[M, 1, W]``: nothing is computed of padding, and
    InstanceNormalization, whose kernel on CPUs is vectorised where LayerNormalization's is not, has
    one channel to an instance. A row before the first word stands for what is no word: a text's
    places, its ends and its padding say which row each is."""

    def __init__(self, g: GraphBuilder, parts: EncodeParts, inputs: _EncodeInputs):
        self.g, self.parts = g, parts
        # One place more than the longest text has keeps each text's last word from the next's first.
        padded = g.node("Pad", inputs.word_ids, g.constant([0, 0, 0, 1], np.int64))
        ids = g.node("Reshape", padded, g.axes(-1))
        places = g.node("Transpose", g.node("NonZero", ids), perm=[1, 0])
        present = g.node("Sign", ids)
        rows = g.node("Mul", g.node("CumSum", present, g.constant(0, np.int64)), present)
        self.vectors = self._vectors(inputs, g.node("Gather", ids, places), places)
        # The place before the first is -1, which Gather takes for the last: it is no word either.
        around = g.node("Add", places, g.constant([-1, 0, 1], np.int64))
        self.windows = g.node("Gather", rows, around)
        rows = g.node("Reshape", rows, g.node("Shape", padded))
        self.rows = g.node("Slice", rows, g.axes(0), g.axes(-1), g.axes(1))
        length = g.node("Shape", inputs.word_ids, start=1, end=2)
        self.ones = g.node("ConstantOfShape", length, value=numpy_helper.from_array(np.ones(1, np.float32)))
        self.one, self.zero = g.constant([1.0]), g.constant([0.0])

    def _vectors(self, inputs: _EncodeInputs, ids: str, places: str) -> str:
        g, parts = self.g, self.parts
        column = Table(parts.word_scales.file, parts.word_scales.array[:, None])
        rows, scales = g.dequantised_rows(parts.words, column, ids)

        def known() -> str:
            return g.node("Mul", rows, scales)

        def with_unknown() -> str:
            characters = _characters(g, parts, inputs.ngrams)
            slots = g.node("Pad", inputs.slots, g.constant([0, 0, 0, 1], np.int64))
            slots = g.node("Gather", g.node("Reshape", slots, g.axes(-1)), places)
            return g.node("Add", known(), g.node("Gather", characters, slots, axis=0))

        any_unknown = g.node("ReduceMax", inputs.slots, keepdims=0)
        return g.either(g.node("Cast", any_unknown, to=TensorProto.BOOL), with_unknown, known)

    def normalised(self, x: str, gamma: np.ndarray, beta: np.ndarray) -> str:
        g = self.g
        h = g.node("InstanceNormalization", x, self.one, self.zero, epsilon=_EPSILON)
        return g.node("Add", g.node("Mul", h, g.constant(gamma)), g.constant(beta))

    def mixed(self, h: str, mix: Dense) -> str:
        """The product of each word's ``h`` and its neighbours'."""
        g, width = self.g, mix.weight.shape[0] // 3
        value, scale, zero = g.quantised(h, mix.limit)
        nothing = g.constant(np.full((1, 1, width), 128, np.uint8))
        windows = g.node("Gather", g.node("Concat", nothing, value, axis=0), self.windows)
        windows = g.node("Reshape", windows, g.constant([-1, 1, 3 * width], np.int64))
        return g.product((windows, scale, zero), mix)

    def pooled(self, h: str) -> str:
        """float32 [N, heads · query]: each head's mean of the values, weighted by its scores."""
        g, parts = self.g, self.parts
        heads, values_width = parts.heads, parts.query + 1
        shape = g.constant([-1, heads, 1 + values_width], np.int64)
        by_head = g.node("Reshape", g.dense(h, parts.pool_by_head()), shape)
        split = g.constant([1, values_width], np.int64)
        scores, values = g.node("Split", by_head, split, outputs=2, axis=2)
        weighted = g.node("Mul", values, parts.weights(g, scores))
        weighted = g.node("Reshape", weighted, g.constant([-1, heads * values_width], np.int64))
        nothing = g.constant(np.zeros((1, heads * values_width), np.float32))
        weighted = g.node("Gather", g.node("Concat", nothing, weighted, axis=0), self.rows)
        # Not ReduceSum, whose kernel adds in another order where there is one text.
        sums = g.node("MatMul", self.ones, weighted)
        sums = g.node("Reshape", sums, g.constant([-1, heads, values_width], np.int64))
        return parts.means(g, sums, axis=2)


def _characters(g: GraphBuilder, parts: EncodeParts, ngrams: str) -> str:
    """Unknown words' character vectors; slot 0 is no unknown word."""
    rows, scales = g.dequantised_rows(parts.ngrams, parts.ngram_scales, ngrams)
    present = g.node("Cast", g.node("Cast", ngrams, to=TensorProto.BOOL), to=TensorProto.FLOAT)
    count = g.node("ReduceSum", present, g.axes(1), keepdims=1)
    count = g.node("Max", count, g.constant(1.0))
    weights = g.node("Unsqueeze", g.node("Mul", scales, present), g.axes(1))
    total = g.node("Squeeze", g.node("MatMul", weights, rows), g.axes(1))
    mean = g.node("Div", total, count)
    characters = g.dense(g.dense(mean, parts.character_inner), parts.character_outer)
    none = np.zeros((1, parts.words.array.shape[1]), np.float32)
    return g.node("Concat", g.constant(none), characters, axis=0)


def encode_graph(parts: EncodeParts, int8: bool) -> onnx.ModelProto:
    g = GraphBuilder("encode", int8)
    inputs = _EncodeInputs(
        g.input("word_ids", TensorProto.INT32, ["N", "T"]),
        g.input("lengths", TensorProto.INT32, ["N"]),
        g.input("unknown_slots", TensorProto.INT32, ["N", "T"]),
        g.input("unknown_ngrams", TensorProto.INT32, ["U", parts.max_ngrams]),
    )
    words = (_PackedWords if int8 else _PaddedWords)(g, parts, inputs)
    x = words.vectors
    for norm, mix, out in zip(parts.norms, parts.mixes, parts.outs):
        mixed = words.mixed(words.normalised(x, *norm), mix)
        x = g.node("Add", x, g.dense(mixed, out))
    u = words.pooled(words.normalised(x, *parts.norms[-1]))
    g.output(u, "u", TensorProto.FLOAT, ["N", parts.heads * parts.query])
    return g.model("word and n-gram ids to utterance vectors")


@dataclass(frozen=True)
class AttendParts:
    query: Dense
    offset: float
    softmax: bool
    score_limit: float
    null: np.ndarray
    fuse_u: Dense
    fuse_s: Dense
    """Of the attended rows."""
    fuse_m: Dense
    """Of the rows' mean."""
    fuse_out: Dense


def attend_graph(parts: AttendParts, int8: bool) -> onnx.ModelProto:
    g = GraphBuilder("attend", int8)
    size = len(parts.null) // 2
    u = g.input("u", TensorProto.FLOAT, ["N", size])
    rows = g.input("enabled_rows", TensorProto.INT8, ["N", "E", size])
    scales = g.input("enabled_scales", TensorProto.FLOAT, ["N", "E"])
    counts = g.input("enabled_counts", TensorProto.INT32, ["N"])
    rows = g.node("Cast", rows, to=TensorProto.FLOAT)
    asked = g.node("Unsqueeze", g.dense(u, parts.query), g.axes(2))
    scores = g.node("Squeeze", g.node("MatMul", rows, asked), g.axes(2))
    scores = g.node("Add", g.node("Mul", scores, scales), g.constant(parts.offset))
    mask = g.mask(scales, 1, counts)
    if parts.softmax:
        limit = parts.score_limit
        clipped = g.node("Clip", scores, g.constant(-limit), g.constant(limit))
        weight = g.node("Mul", g.node("Exp", clipped), mask)
        ones = g.node("Unsqueeze", mask, g.axes(2))
        total = g.node("MatMul", g.node("Unsqueeze", weight, g.axes(1)), ones)
        total = g.node("Max", g.node("Squeeze", total, g.axes(2)), g.constant(1e-9))
        weight = g.node("Div", weight, total)
    else:
        weight = g.node("Mul", g.node("Sigmoid", scores), mask)
    attended = g.node("Unsqueeze", g.node("Mul", weight, scales), g.axes(1))
    many = g.node("Cast", g.node("Max", counts, g.constant(1, np.int32)), to=TensorProto.FLOAT)
    share = g.node("Div", mask, g.node("Unsqueeze", many, g.axes(1)))
    mean = g.node("Unsqueeze", g.node("Mul", share, scales), g.axes(1))
    known = g.node("Greater", g.node("Unsqueeze", counts, g.axes(1)), g.constant(0, np.int32))
    null = parts.null[None].astype(np.float32)
    hidden = g.dense(u, parts.fuse_u)
    for weights, nothing, fuse in (
        (attended, null[:, :size], parts.fuse_s),
        (mean, null[:, size:], parts.fuse_m),
    ):
        summed = g.node("Squeeze", g.node("MatMul", weights, rows), g.axes(1))
        summed = g.node("Where", known, summed, g.constant(nothing))
        hidden = g.node("Add", hidden, g.dense(summed, fuse))
    q = g.node("Add", u, g.dense(hidden, parts.fuse_out))
    length = g.node("ReduceL2", q, g.axes(1), keepdims=1)
    q = g.node("Div", q, g.node("Max", length, g.constant(1e-12)))
    g.output(q, "q", TensorProto.FLOAT, ["N", size])
    return g.model("utterance vectors and enabled skills to queries")


@dataclass(frozen=True)
class ClassifyParts:
    rows: Table
    row_scales: Table
    row_biases: Table
    scale: float
    """τ."""
    query_limit: float
    scope: Dense
    """[D, 1]: the scope score is linear in the query and the energy."""
    scope_energy: float

    def parameters(self) -> dict:
        """``classify.json``: what the int8 graph computes, for who computes it without the graph."""
        weights, scales = quantise(self.scope.weight, axis=1)
        return {
            "logit_scale": float(np.float32(self.scale)),
            "query_scale": float(np.float32(self.query_limit / 127)),
            "scope": {
                "weights": weights[:, 0].tolist(),
                "weight_scale": float(scales[0]),
                "energy_weight": float(np.float32(self.scope_energy)),
            },
        }


def classify_graph(parts: ClassifyParts, int8: bool) -> onnx.ModelProto:
    """Every tensor with one entry per skill is an external initialiser or made from one, so that a
    catalogue is changed by writing other tables and their first dimension."""
    g = GraphBuilder("classify", int8)
    q = g.input("q", TensorProto.FLOAT, ["N", parts.rows.array.shape[1]])
    indices = g.input("enabled_indices", TensorProto.INT64, ["N", "E"])
    boosts = g.input("enabled_boosts", TensorProto.FLOAT, ["N", "E"])
    inverse = g.input("inverse_temperatures", TensorProto.FLOAT, ["N"])
    k = g.input("k", TensorProto.INT64, [1])
    rows, biases = g.table(parts.rows), g.table(parts.row_biases)
    scales = g.node("Mul", g.table(parts.row_scales), g.constant(parts.scale))
    if int8:
        value, scale, zero = quantised = g.quantised(q, parts.query_limit)
        logits = g.node(
            "MatMulIntegerToFloat", value, g.node("Transpose", rows, perm=[1, 0]), scale, scales,
            zero, "", biases, domain="com.microsoft",
        )  # fmt: skip
        scope = g.product(quantised, parts.scope)
    else:
        real = g.node("Mul", g.node("Cast", rows, to=TensorProto.FLOAT),
                      g.node("Unsqueeze", scales, g.axes(1)))  # fmt: skip
        logits = g.node("MatMul", q, g.node("Transpose", real, perm=[1, 0]))
        logits = g.node("Add", logits, biases)
        scope = g.dense(q, parts.scope)
    logits = g.node("ScatterElements", logits, indices, boosts, axis=1, reduction="add")
    logits = g.node("Mul", logits, g.node("Unsqueeze", inverse, g.axes(1)))
    logs = g.node("LogSoftmax", logits, axis=-1)
    top, places = g.node("TopK", logs, k, outputs=2, axis=1, largest=1, sorted=1)
    # The energy (Liu et al., NeurIPS 2020): log Σ exp of the logits, from one of them.
    first = g.node("Slice", places, g.axes(0), g.axes(1), g.axes(1))
    best = g.node("GatherElements", logits, first, axis=1)
    best_log = g.node("Slice", top, g.axes(0), g.axes(1), g.axes(1))
    energy = g.node("Mul", g.node("Sub", best, best_log), g.constant(parts.scope_energy))
    scope = g.node("Squeeze", g.node("Add", energy, scope), g.axes(1))
    g.output(places, "top_indices", TensorProto.INT64, ["N", "k"])
    g.output(top, "top_log_probabilities", TensorProto.FLOAT, ["N", "k"])
    g.output(scope, "scope_scores", TensorProto.FLOAT, ["N"])
    return g.model("queries to the best skills")


def write(model: onnx.ModelProto, path: Path) -> None:
    """Writes the graph; its tables are written apart."""
    path.write_bytes(model.SerializeToString(deterministic=True))
