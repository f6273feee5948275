"""A trained context encoder → the files of a bias bundle that play its roles."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

from earshot_training import bias_bundle, graphs
from earshot_training.batches import Lexicon
from earshot_training.context.graphs import encode_graph, match_graph
from earshot_training.context.model import KINDS, ContextModel
from earshot_training.graphs import Table, quantise
from earshot_training.tokenizer import (
    MAX_NGRAMS,
    MAX_WORD_CHARACTERS,
    MAX_WORDS,
    NGRAM_MAX,
    NGRAM_MIN,
    UNKNOWN,
)

MAX_ITEMS = 64


@torch.no_grad()
def _word_table(model: ContextModel, lexicon: Lexicon) -> np.ndarray:
    """float32 [V, W]: each known word's embedding and character vector together; the unknown word's
    row is its embedding alone."""
    vocabulary = lexicon.tokenizer.vocabulary
    batch = lexicon.pack([np.zeros(1, np.int32)] * 3 + [lexicon.numbers(w) for w in vocabulary[3:]])
    characters = model.characters(batch.ngrams, batch.offsets)[batch.word].numpy()
    characters[UNKNOWN] = 0
    table = model.words.weight.numpy() + characters
    table[0] = 0
    return table


def export(model: ContextModel, lexicon: Lexicon, folder: Path) -> None:
    """Writes ``context.*``, but for the golden vectors, and the manifest. Other files stay."""
    model = model.eval()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("context.*"):
        old.unlink()
    words, word_scales = quantise(_word_table(model, lexicon), axis=0)
    grams = model.characters.table.weight.detach().numpy().copy()
    grams[0] = 0
    ngrams, ngram_scales = quantise(grams, axis=0)
    tables = {
        table.file: table
        for table in (
            Table("context.words.i8", words), Table("context.word_scales.f32", word_scales),
            Table("context.ngrams.i8", ngrams), Table("context.ngram_scales.f32", ngram_scales),
        )
    }  # fmt: skip
    for name, table in tables.items():
        (folder / name).write_bytes(table.array.astype(table.array.dtype.newbyteorder("<")).tobytes())
    graphs.write(encode_graph(model, tables), folder / "context.encode.onnx")
    graphs.write(match_graph(model, tables), folder / "context.match.onnx")
    tokenizer = lexicon.tokenizer
    tokenizer.folding.write(folder / "context.folding.tsv")
    (folder / "context.vocabulary.txt").write_text(
        "".join(word + "\n" for word in tokenizer.vocabulary), encoding="utf-8", newline="\n"
    )
    digest = hashlib.sha256()
    for path in sorted(folder.glob("context.*")):
        digest.update(path.read_bytes())
    bias_bundle.write(folder, context={
        "model_id": f"earshot-context-{digest.hexdigest()[:12]}",
        "dimensions": model.dims.word, "max_items": MAX_ITEMS, "words": len(tokenizer.vocabulary),
        "ngram_buckets": tokenizer.buckets, "kinds": list(KINDS),
        "tokenizer": {
            "max_words": MAX_WORDS, "max_word_characters": MAX_WORD_CHARACTERS,
            "ngram_min": NGRAM_MIN, "ngram_max": NGRAM_MAX, "max_ngrams": MAX_NGRAMS,
        },
    })  # fmt: skip
