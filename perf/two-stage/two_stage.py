"""Two-stage search over a million skills: a coarse pass over fewer dimensions, then the exact rows.

One flat int8 product over all rows reads all of them for each query. Here the rows are turned by the
principal axes of the original ones, so that the first dimensions tell most; a coarse int8 product
over these alone picks candidates, and the exact int8 product, with the rows, scales and biases of the
one-stage graph, runs over the candidates. Both are measured as ONNX graphs in ONNX Runtime, one
thread, and the recall of the exact 50 best is counted.

    python perf/two-stage/two_stage.py --bundle models/default --skills 1000000 --save DIR

Needs numpy, onnx and onnxruntime (models/training/requirements.txt). Rows beyond the bundle's are
noisy copies of real ones, as `earshot bench bundle` makes them: recall is that of such a catalogue.
Queries are the bundle's golden texts, without a user.

Reading the rows of the nearest clusters alone (k-means, 2,048 clusters) was tried and did worse: 65,536
rows read, 91% recalled, since a vague text's skills are spread over many clusters.
"""

import argparse
import json
import os
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

TOP = 50
LIMIT = 63
NOISE = 0.25


def session(model):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if isinstance(model, onnx.ModelProto):
        model = model.SerializeToString()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def grown(rows, scales, biases, skills, seed):
    """Rows of a bundle of so many skills: the original's, then noisy copies of the same length."""
    random = np.random.default_rng(seed)
    out = np.empty((skills, rows.shape[1]), np.int8)
    out_scales = np.empty(skills, np.float32)
    lengths = np.linalg.norm(rows.astype(np.float32), axis=1)
    for start in range(0, skills, 50_000):
        index = np.arange(start, min(start + 50_000, skills))
        origin = index % len(rows)
        block = rows[origin].astype(np.float32)
        noise = random.standard_normal(block.shape, np.float32)
        noise *= (NOISE * lengths[origin] / np.sqrt(rows.shape[1]))[:, None]
        noise[index < len(rows)] = 0
        block = np.clip(np.rint(block + noise), -LIMIT, LIMIT)
        out[index] = block
        length = np.maximum(1, np.linalg.norm(block, axis=1))
        out_scales[index] = scales[origin] * lengths[origin] / length
    return out, out_scales, biases[np.arange(skills) % len(rows)]


def queries(bundle, manifest, count):
    """Vectors of the bundle's golden texts without a user, by its own graphs."""
    sessions = {
        name: session(os.path.join(bundle, files["int8"]))
        for name, files in manifest["graphs"].items()
        if name != "classify"
    }
    width = manifest["tokenizer"]["max_ngrams"]
    vectors = []
    with open(os.path.join(bundle, "golden.jsonl"), encoding="utf-8") as file:
        for line in file:
            golden = json.loads(line)
            ids = golden["word_ids"]
            columns = (len(ids) + 7) & ~7
            words = np.zeros((1, columns), np.int32)
            words[0, : len(ids)] = ids
            slots = np.zeros((1, columns), np.int32)
            slots[0, : len(ids)] = np.where(np.array(ids) == 2, np.cumsum(np.array(ids) == 2), 0)
            ngrams = np.zeros((max(1, len(golden["unknown_ngrams"])), width), np.int32)
            for i, buckets in enumerate(golden["unknown_ngrams"]):
                ngrams[i, : len(buckets)] = buckets
            (u,) = sessions["encode"].run(
                ["u"],
                {
                    "word_ids": words,
                    "lengths": np.array([len(ids)], np.int32),
                    "unknown_slots": slots,
                    "unknown_ngrams": ngrams,
                },
            )
            (q,) = sessions["attend"].run(
                ["q"],
                {
                    "u": u,
                    "enabled_rows": np.zeros((1, 8, u.shape[1]), np.int8),
                    "enabled_scales": np.zeros((1, 8), np.float32),
                    "enabled_counts": np.zeros(1, np.int32),
                },
            )
            vectors.append(q[0])
            if len(vectors) == count:
                break
    return np.stack(vectors)


def constants(bundle):
    """The graph's own scale of queries and τ, by the nodes that use them."""
    graph = onnx.load(os.path.join(bundle, "classify.int8.onnx"), load_external_data=False).graph
    values = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_location != TensorProto.EXTERNAL
    }
    quantise = next(node for node in graph.node if node.op_type == "QuantizeLinear")
    scale = next(node for node in graph.node if node.op_type == "Mul")
    return float(values[quantise.input[1]]), float(values[scale.input[1]])


def product(nodes, initialisers, name, query, rows, scales, biases, query_scale):
    """Adds logits = (query quantised · rows) · scales + biases."""
    initialisers += [
        onnx.numpy_helper.from_array(np.ascontiguousarray(rows.T), name + "_rows"),
        onnx.numpy_helper.from_array(scales, name + "_scales"),
        onnx.numpy_helper.from_array(biases, name + "_biases"),
        onnx.numpy_helper.from_array(np.float32(query_scale), name + "_scale"),
        onnx.numpy_helper.from_array(np.uint8(128), name + "_zero"),
    ]
    nodes += [
        helper.make_node(
            "QuantizeLinear", [query, name + "_scale", name + "_zero"], [name + "_query"]
        ),
        helper.make_node(
            "MatMulIntegerToFloat",
            [
                name + "_query",
                name + "_rows",
                name + "_scale",
                name + "_scales",
                name + "_zero",
                "",
                name + "_biases",
            ],
            [name + "_logits"],
            domain="com.microsoft",
        ),
    ]
    return name + "_logits"


def model(nodes, initialisers, dimension, extra, outputs):
    inputs = [helper.make_tensor_value_info("q", TensorProto.FLOAT, [1, dimension]), *extra]
    graph = helper.make_graph(nodes, "search", inputs, outputs, initialisers)
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)],
    )
    made.ir_version = 10
    return made


def k_input():
    return helper.make_tensor_value_info("k", TensorProto.INT64, [1])


def top_outputs():
    return [
        helper.make_tensor_value_info("top", TensorProto.FLOAT, [1, None]),
        helper.make_tensor_value_info("places", TensorProto.INT64, [1, None]),
    ]


def one_stage(rows, scales, biases, query_scale):
    nodes, initialisers = [], []
    logits = product(nodes, initialisers, "exact", "q", rows, scales, biases, query_scale)
    nodes.append(helper.make_node("LogSoftmax", [logits], ["logs"], axis=-1))
    nodes.append(helper.make_node("TopK", ["logs", "k"], ["top", "places"], axis=1))
    return model(nodes, initialisers, rows.shape[1], [k_input()], top_outputs())


def turned_rows(rows, scales, axes):
    """Rows in fewer dimensions: int8 with a scale each."""
    turned = np.empty((len(rows), axes.shape[1]), np.int8)
    turned_scales = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), 50_000):
        end = start + 50_000
        block = (rows[start:end].astype(np.float32) * scales[start:end, None]) @ axes
        step = np.maximum(np.abs(block).max(1), 1e-9) / LIMIT
        turned[start:end] = np.rint(block / step[:, None])
        turned_scales[start:end] = step
    return turned, turned_scales


def two_stage(axes, coarse, exact):
    """Picks `m` candidates by the coarse product, then the `k` best of them by the exact one.

    coarse and exact: rows, scales, biases and the scale of the query.
    """
    array = onnx.numpy_helper.from_array
    rows, scales, biases, query_scale = exact
    initialisers = [
        array(axes, "axes"),
        array(rows, "rows"),
        array(scales * np.float32(query_scale), "scales"),
        array(biases, "biases"),
        array(np.float32(query_scale), "scale"),
        array(np.int8(0), "zero"),
        array(np.array([-1], np.int64), "flat"),
        array(np.array([1, -1], np.int64), "line"),
    ]
    nodes = [helper.make_node("MatMul", ["q", "axes"], ["turned"])]
    logits = product(nodes, initialisers, "coarse", "turned", *coarse)
    nodes += [
        helper.make_node("ReduceLogSumExp", [logits], ["energy"], keepdims=1),
        helper.make_node("TopK", [logits, "m"], ["score", "picked"], axis=1, sorted=0),
        helper.make_node("Reshape", ["picked", "flat"], ["candidates"]),
        helper.make_node("Gather", ["rows", "candidates"], ["chosen"], axis=0),
        helper.make_node("Transpose", ["q"], ["column"], perm=[1, 0]),
        helper.make_node("QuantizeLinear", ["column", "scale", "zero"], ["query"]),
        helper.make_node("MatMulInteger", ["chosen", "query"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["real", "line"], ["products"]),
        helper.make_node("Gather", ["scales", "candidates"], ["chosen_scales"], axis=0),
        helper.make_node("Gather", ["biases", "candidates"], ["chosen_biases"], axis=0),
        helper.make_node("Mul", ["products", "chosen_scales"], ["scaled"]),
        helper.make_node("Add", ["scaled", "chosen_biases"], ["logits"]),
        helper.make_node("TopK", ["logits", "k"], ["top", "at"], axis=1),
        helper.make_node("GatherElements", ["picked", "at"], ["places"], axis=1),
    ]
    m = helper.make_tensor_value_info("m", TensorProto.INT64, [1])
    energy = helper.make_tensor_value_info("energy", TensorProto.FLOAT, [1, 1])
    return model(nodes, initialisers, axes.shape[0], [k_input(), m], [*top_outputs(), energy])


def timed(model, inputs, seconds):
    model.run(["places"], inputs)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        model.run(["places"], inputs)
        times.append(time.perf_counter() - start)
    return {
        "p50_ms": round(1e3 * float(np.median(times)), 2),
        "p99_ms": round(1e3 * float(np.percentile(times, 99)), 2),
        "min_ms": round(1e3 * float(np.min(times)), 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bundle", default="models/default")
    parser.add_argument("--skills", type=int, default=1_000_000)
    parser.add_argument("--dimensions", default="96,128,160", help="of the coarse pass")
    parser.add_argument("--candidates", default="500,2000,8000", help="of the exact pass")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--save", help="also write two-stage.json and two-stage.md there")
    arguments = parser.parse_args()

    with open(os.path.join(arguments.bundle, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    size = manifest["dimensions"]["query"]
    original = np.fromfile(os.path.join(arguments.bundle, "rows.i8"), np.int8).reshape(-1, size)
    original_scales = np.fromfile(os.path.join(arguments.bundle, "row_scales.f32"), "<f4")
    original_biases = np.fromfile(os.path.join(arguments.bundle, "row_biases.f32"), "<f4")
    query_scale, tau = constants(arguments.bundle)
    rows, scales, biases = grown(original, original_scales, original_biases, arguments.skills, 1)
    q = queries(arguments.bundle, manifest, arguments.queries)
    k = np.array([TOP], np.int64)

    # Beyond 2 GiB a model cannot be one buffer; a million rows of 256 bytes stay below.
    exact = session(one_stage(rows, scales * tau, biases, query_scale))
    answers = [exact.run(["places", "top"], {"q": v[None], "k": k}) for v in q]
    flat = timed(exact, {"q": q[:1], "k": k}, arguments.seconds)
    del exact
    print("one stage:", flat, flush=True)

    real = original.astype(np.float32) * original_scales[:, None]
    _, axes = np.linalg.eigh(real.T @ real)
    results = []
    for dimensions in map(int, arguments.dimensions.split(",")):
        part = np.ascontiguousarray(axes[:, ::-1][:, :dimensions], np.float32)
        turned, turned_scales = turned_rows(rows, scales, part)
        turned_query_scale = float(np.abs(q @ part).max() / 127)
        search = session(
            two_stage(
                part,
                (turned, turned_scales * tau, biases, turned_query_scale),
                (rows, scales * tau, biases, query_scale),
            )
        )
        for candidates in map(int, arguments.candidates.split(",")):
            m = np.array([candidates], np.int64)
            recalls, off = [], []
            for vector, (places, logs) in zip(q, answers, strict=True):
                found, top, energy = search.run(
                    ["places", "top", "energy"], {"q": vector[None], "k": k, "m": m}
                )
                recalls.append(np.isin(places[0], found[0]).mean())
                off.append(abs(top[0, 0] - energy[0, 0] - logs[0, 0]))
            results.append(
                {
                    "dimensions": dimensions,
                    "candidates": candidates,
                    "recall": round(float(np.mean(recalls)), 4),
                    "worst_recall": round(float(np.min(recalls)), 4),
                    "log_probability_off_p99": round(float(np.percentile(off, 99)), 4),
                    **timed(search, {"q": q[:1], "k": k, "m": m}, arguments.seconds),
                }
            )
            print(results[-1], flush=True)
        del search

    lines = [
        (
            f"{arguments.skills:,} skills, {len(q)} golden texts without a user, ONNX Runtime"
            f" {ort.__version__}, one thread. One exact int8 product over all rows, top {TOP}: p50"
            f" {flat['p50_ms']} ms, p99 {flat['p99_ms']} ms, least {flat['min_ms']} ms."
        ),
        "",
        (
            f"Recall of the exact {TOP} best; *off*: what the best skill's log probability is off by"
            " at p99 if the coarse pass gives the normaliser."
        ),
        "",
        "| coarse dimensions | candidates | recall | worst text | off | p50 ms | p99 ms | least ms |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r['dimensions']} | {r['candidates']:,} | {100 * r['recall']:.2f}% |"
        f" {100 * r['worst_recall']:.0f}% | {r['log_probability_off_p99']:.3f} | {r['p50_ms']} |"
        f" {r['p99_ms']} | {r['min_ms']} |"
        for r in results
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.save:
        os.makedirs(arguments.save, exist_ok=True)
        with open(os.path.join(arguments.save, "two-stage.md"), "w", encoding="utf-8") as file:
            file.write(text)
        with open(os.path.join(arguments.save, "two-stage.json"), "w", encoding="utf-8") as file:
            json.dump({"skills": arguments.skills, "flat": flat, "two_stage": results}, file)


if __name__ == "__main__":
    main()
