"""A trained model → a bundle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from earshot_training import graphs
from earshot_training.batches import Lexicon
from earshot_training.bundle import FORMAT, FORMAT_VERSION, write_manifest
from earshot_training.data import Rows, Skill
from earshot_training.evaluate import queries
from earshot_training.graphs import Dense, Table, quantise
from earshot_training.model import SCORE_LIMIT, Shortlister
from earshot_training.tokenizer import (
    MAX_NGRAMS,
    MAX_WORD_CHARACTERS,
    MAX_WORDS,
    NGRAM_MAX,
    NGRAM_MIN,
    UNKNOWN,
    Tokenizer,
)

_PERCENTILE = 99.995


@dataclass
class Limits:
    """The greatest magnitudes that activations are given room for, seen on training rows."""

    by_module: dict[str, float]
    u: float
    s: float
    m: float
    q: float


@dataclass
class Fitted:
    """What calibration adds to a trained model. ``boosts`` float32 [S]; ``calibration``: the content
    of ``calibration.json``; ``scope_query`` float32 [D], ``scope_energy``: the scope score's weights."""

    boosts: np.ndarray
    scope_query: np.ndarray
    scope_energy: float
    calibration: dict


def _limit(values: torch.Tensor) -> float:
    """Nearly the greatest magnitude: one wild value must not coarsen all others."""
    flat = values.detach().abs().flatten().numpy()
    if len(flat) > 4_000_000:
        flat = flat[:: len(flat) // 4_000_000 + 1]
    return float(max(np.percentile(flat, _PERCENTILE), 1e-6))


def observe(model: Shortlister, lexicon: Lexicon, rows: Rows) -> Limits:
    """Runs the model over rows and notes the inputs of its dense layers."""
    seen: dict[str, float] = {}

    def note(name: str):
        def hook(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            seen[name] = max(seen.get(name, 0.0), _limit(inputs[0]))

        return hook

    handles = [
        module.register_forward_pre_hook(note(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
    ]
    fused: list[torch.Tensor] = []
    handles.append(model.fuse_in.register_forward_pre_hook(lambda m, i: fused.append(i[0])))
    found = queries(model, lexicon, rows)
    for handle in handles:
        handle.remove()
    both = torch.cat(fused)
    size = model.dims.query
    q = max(_limit(found.general), _limit(found.personal))
    return Limits(seen, _limit(both[:, :size]), _limit(both[:, size : 2 * size]),
                  _limit(both[:, 2 * size :]), q)  # fmt: skip


def _dense(module: nn.Linear, limit: float, relu: bool = False) -> Dense:
    bias = module.bias.detach().numpy() if module.bias is not None else None
    return Dense(module.weight.detach().numpy().T.copy(), bias, limit, relu)


def _norm(module: nn.LayerNorm) -> tuple[np.ndarray, np.ndarray]:
    return module.weight.detach().numpy(), module.bias.detach().numpy()


@torch.no_grad()
def word_table(model: Shortlister, lexicon: Lexicon, tokenizer: Tokenizer) -> np.ndarray:
    """float32 [V, W]: each known word's embedding and character vector together. The unknown word's
    row is its embedding alone: the graph adds the characters'."""
    texts = [np.zeros(1, np.int32)] * 3 + [lexicon.numbers(w) for w in tokenizer.vocabulary[3:]]
    assert all(len(t) == 1 for t in texts)
    batch = lexicon.pack(texts)
    characters = model.encoder.characters(batch.ngrams, batch.offsets)[batch.word].numpy()
    table = model.encoder.words.weight.numpy().copy()
    characters[UNKNOWN] = 0
    table += characters
    table[0] = 0
    return table


@torch.no_grad()
def tables(model: Shortlister, lexicon: Lexicon, tokenizer: Tokenizer,
           boosts: np.ndarray) -> dict[str, Table]:  # fmt: skip
    rows, row_scales = quantise(model.rows().numpy(), axis=0)
    words, word_scales = quantise(word_table(model, lexicon, tokenizer), axis=0)
    grams = model.encoder.characters.table.weight.numpy().copy()
    grams[0] = 0
    ngrams, ngram_scales = quantise(grams, axis=0)
    listed = [
        Table("rows.i8", rows), Table("row_scales.f32", row_scales),
        Table("row_biases.f32", model.bias.numpy().astype(np.float32)),
        Table("enabled_boosts.f32", boosts.astype(np.float32)),
        Table("words.i8", words), Table("word_scales.f32", word_scales),
        Table("ngrams.i8", ngrams), Table("ngram_scales.f32", ngram_scales),
    ]  # fmt: skip
    return {table.file: table for table in listed}


def encode_parts(model: Shortlister, files: dict[str, Table], limits: Limits) -> graphs.EncodeParts:
    encoder, at = model.encoder, limits.by_module
    heads = encoder.heads
    score = encoder.score.weight.detach().numpy().T
    value = encoder.value.weight.detach().numpy().T.reshape(model.dims.word, heads, -1)
    value_bias = encoder.value.bias.detach().numpy().reshape(heads, -1)
    ones = np.zeros((model.dims.word, heads, 1), np.float32)
    pool = Dense(
        np.concatenate((score, np.concatenate((value, ones), 2).reshape(len(score), -1)), 1),
        np.concatenate((
            encoder.score.bias.detach().numpy(),
            np.concatenate((value_bias, np.ones((heads, 1), np.float32)), 1).reshape(-1),
        )),
        at["encoder.value"],
    )  # fmt: skip
    return graphs.EncodeParts(
        words=files["words.i8"], word_scales=files["word_scales.f32"],
        ngrams=files["ngrams.i8"], ngram_scales=files["ngram_scales.f32"],
        character_inner=_dense(encoder.characters.inner, at["encoder.characters.inner"]),
        character_outer=_dense(encoder.characters.outer, at["encoder.characters.outer"], True),
        norms=[_norm(layer.norm) for layer in encoder.layers] + [_norm(encoder.norm)],
        mixes=[_dense(layer.mix, at[f"encoder.layers.{i}.mix"])
               for i, layer in enumerate(encoder.layers)],
        outs=[_dense(layer.out, at[f"encoder.layers.{i}.out"], True)
              for i, layer in enumerate(encoder.layers)],
        pool=pool, heads=heads, score_limit=SCORE_LIMIT, max_ngrams=MAX_NGRAMS,
    )  # fmt: skip


def attend_parts(model: Shortlister, limits: Limits) -> graphs.AttendParts:
    size = model.dims.query
    weight = model.fuse_in.weight.detach().numpy().T
    return graphs.AttendParts(
        query=_dense(model.attention.query, limits.u),
        offset=model.attention.offset.item(), softmax=model.attention.kind == "softmax",
        score_limit=SCORE_LIMIT, null=model.attention.null.detach().numpy(),
        fuse_u=Dense(weight[:size].copy(), model.fuse_in.bias.detach().numpy(), limits.u),
        fuse_s=Dense(weight[size : 2 * size].copy(), None, limits.s),
        fuse_m=Dense(weight[2 * size :].copy(), None, limits.m),
        fuse_out=_dense(model.fuse_out, limits.by_module["fuse_out"], True),
    )  # fmt: skip


def export(model: Shortlister, lexicon: Lexicon, skills: list[Skill], observed: Rows, folder: Path,
           version: str, description: str, fitted: Fitted) -> None:  # fmt: skip
    """Writes all but the golden vectors. ``observed``: training rows, for the activations' ranges."""
    model = model.eval()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    tokenizer = lexicon.tokenizer
    limits = observe(model, lexicon, observed)
    files = tables(model, lexicon, tokenizer, fitted.boosts)
    for name, table in files.items():
        dtype = table.array.dtype.newbyteorder("<")
        (folder / name).write_bytes(table.array.astype(dtype).tobytes())
    encode, attend = encode_parts(model, files, limits), attend_parts(model, limits)
    classify = graphs.ClassifyParts(
        files["rows.i8"], files["row_scales.f32"], files["row_biases.f32"],
        model.scale().item(), limits.q,
        graphs.Dense(fitted.scope_query[:, None], None, limits.q), fitted.scope_energy,
    )  # fmt: skip
    names: dict[str, dict[str, str]] = {}
    for kind in ("int8", "fp32"):
        for graph, made in (
            ("encode", graphs.encode_graph(encode, kind == "int8")),
            ("attend", graphs.attend_graph(attend, kind == "int8")),
            ("classify", graphs.classify_graph(classify, kind == "int8")),
        ):
            name = f"{graph}.{kind}.onnx"
            graphs.write(made, folder / name)
            names.setdefault(graph, {})[kind] = name

    tokenizer.folding.write(folder / "folding.tsv")
    (folder / "vocabulary.txt").write_text(
        "".join(word + "\n" for word in tokenizer.vocabulary), encoding="utf-8", newline="\n"
    )
    with open(folder / "skills.jsonl", "w", encoding="utf-8", newline="\n") as out:
        for skill in skills:
            entry = {"id": skill.id, "name": skill.name}
            if skill.invocation:
                entry["invocation"] = skill.invocation
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")
    (folder / "calibration.json").write_text(json.dumps(fitted.calibration, indent=2) + "\n")
    (folder / "classify.json").write_text(json.dumps(classify.parameters()) + "\n")
    dims = model.dims
    write_manifest(folder, {
        "format": FORMAT, "format_version": FORMAT_VERSION, "bundle_version": version,
        "description": description,
        "dimensions": {
            "skills": dims.skills, "query": dims.query, "words": dims.words, "word": dims.word,
            "ngram_buckets": dims.ngram_buckets, "ngram": dims.ngram,
        },
        "tokenizer": {
            "max_words": MAX_WORDS, "max_word_characters": MAX_WORD_CHARACTERS,
            "ngram_min": NGRAM_MIN, "ngram_max": NGRAM_MAX, "max_ngrams": MAX_NGRAMS,
        },
        "graphs": names,
    })  # fmt: skip


def refresh_manifest(folder: Path) -> None:
    """Checksums anew, after files were added or changed."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest.pop("files", None)
    write_manifest(folder, manifest)
