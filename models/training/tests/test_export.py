import json

import numpy as np
import onnx
import pytest
import torch

from earshot_training import evaluate, export, golden
from earshot_training.bundle import Bundle, check_manifest
from earshot_training.tokenizer import Folding, Tokenizer

TEXTS = [
    "please planet 3", "zqx unknown words 7", "?", "job 2", "a b c d e f g h i j",
    "planet number one please and then planet number two again",
    "planet number one please and then planet two",  # as many words as the narrowest shape has
]  # fmt: skip


@pytest.fixture(scope="module")
def requests(corpus, bundle_folder):
    bundle = Bundle(bundle_folder)
    texts = [bundle.tokenizer.encode(t) for t in TEXTS + golden.texts()[:60]]
    lists = [list(corpus.train.enabled.values())[i % 40] for i in range(len(texts))]
    return texts, lists


def _model_answers(model, lexicon, corpus, texts, lists):
    with torch.no_grad():
        u = evaluate.encode_texts(model, lexicon, texts)
        owner = torch.from_numpy(np.repeat(np.arange(len(lists)), [len(e) for e in lists]))
        enabled = torch.from_numpy(np.concatenate(lists))
        rows = model.rows()[enabled]
        scores = model.attention.scores(u, rows, owner)
        q = model.fuse(u, model.attention.summary(scores, rows, owner, len(u)))
        logits = torch.addmm(model.bias, q, model.rows().t(), alpha=model.scale().item())
        logits[owner, enabled] += model.boosts()[enabled]
        return torch.log_softmax(0.9 * logits, 1)


@pytest.mark.parametrize(("kind", "tolerance"), [("fp32", 0.15), ("int8", 0.5)])
def test_graphs_answer_as_the_model(kind, tolerance, model, corpus, lexicon, bundle_folder, requests):
    """The tables are int8 in both kinds; float32 differs by their rounding alone."""
    _, lists = requests
    bundle = Bundle(bundle_folder, kind)
    texts = TEXTS + golden.texts()[:60]
    logs = _model_answers(model, lexicon, corpus, texts, lists)
    encoded = [bundle.tokenizer.encode(t) for t in texts]
    found = bundle.shortlist(encoded, lists, k=24)
    expected = np.take_along_axis(logs.numpy(), found.indices, 1)
    assert np.abs(found.log_probabilities - expected).max() < tolerance
    assert np.allclose(np.exp(found.log_probabilities).sum(1), 1, atol=1e-4)


def test_answers_do_not_depend_on_the_batch(bundle_folder, requests):
    bundle = Bundle(bundle_folder)
    texts, lists = requests
    alone = [bundle.shortlist([t], [e]) for t, e in zip(texts, lists)]
    rng = np.random.default_rng(4)
    for size in range(2, 17):
        chosen = rng.choice(len(texts), size, replace=False)
        needed = max(len(texts[i].word_ids) for i in chosen)
        for length in (length for length in (8, 16, 32, 64) if length >= needed):
            enabled = [lists[i] for i in chosen]
            u = bundle.encode([texts[i] for i in chosen], length, int(rng.integers(1, 40)))
            width = 8 * int(rng.integers(2, 6))
            found = bundle.classify(bundle.attend(u, enabled, width), enabled, 20, width)
            for place, i in enumerate(chosen):
                assert (found.indices[place] == alone[i].indices[0]).all()
                assert (found.log_probabilities[place] == alone[i].log_probabilities[0]).all()
                assert found.scope_scores[place] == alone[i].scope_scores[0]


def test_weights_leave_room_for_pair_sums(bundle_folder):
    for path in bundle_folder.glob("*.int8.onnx"):
        for tensor in onnx.load(str(path), load_external_data=False).graph.initializer:
            if tensor.data_type == onnx.TensorProto.INT8 and tensor.raw_data:
                assert np.abs(onnx.numpy_helper.to_array(tensor).astype(int)).max() <= 63
    for name in ("rows.i8", "words.i8", "ngrams.i8"):
        assert np.abs(np.fromfile(bundle_folder / name, np.int8).astype(int)).max() <= 63


def test_nothing_but_tables_has_one_entry_per_skill(bundle_folder, corpus):
    """So that another program can write a bundle with more skills."""
    count = len(corpus.skills)
    for path in bundle_folder.glob("*.onnx"):
        graph = onnx.load(str(path), load_external_data=False).graph
        for tensor in graph.initializer:
            if count in tensor.dims and "classify" in path.name:
                assert tensor.data_location == onnx.TensorProto.EXTERNAL
        assert not graph.value_info


def test_float_graphs_need_standard_operators_only(bundle_folder):
    for path in bundle_folder.glob("*.fp32.onnx"):
        graph = onnx.load(str(path), load_external_data=False)
        assert {opset.domain for opset in graph.opset_import} == {""}


def test_manifest_names_damage(bundle_folder, tmp_path):
    for name in ("rows.i8", "folding.tsv", "classify.int8.onnx", "manifest.json"):
        copy = tmp_path / name.replace(".", "_")
        copy.mkdir()
        for path in bundle_folder.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        check_manifest(copy)
        data = bytearray((copy / name).read_bytes())
        data[len(data) // 2] ^= 1
        (copy / name).write_bytes(bytes(data))
        with pytest.raises(ValueError, match=name):
            check_manifest(copy)


def test_golden_vectors_repeat(bundle_folder):
    golden.write(bundle_folder)
    export.refresh_manifest(bundle_folder)
    _check_golden(bundle_folder)


def test_default_bundle_is_whole_and_answers_its_golden_vectors(request):
    folder = request.config.rootpath.parent / "default"
    check_manifest(folder)
    _check_golden(folder)


def _check_golden(folder):
    bundle = Bundle(folder)
    tokenizer = Tokenizer(
        Folding.read(folder / "folding.tsv"), bundle.tokenizer.vocabulary, bundle.tokenizer.buckets
    )
    place = {skill["id"]: i for i, skill in enumerate(bundle.skills)}
    answers = 0
    for line in (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        encoded = tokenizer.encode(entry["text"])
        assert encoded.words == entry["words"]
        assert encoded.word_ids == entry["word_ids"]
        assert encoded.unknown_ngrams == entry["unknown_ngrams"]
        for answer in entry.get("answers", []):
            enabled = np.array([place[s] for s in answer["enabled"]], np.int64)
            found = bundle.shortlist([encoded], [enabled])
            assert [bundle.skills[i]["id"] for i in found.indices[0]] == [skill for skill, _ in answer["top"]]
            expected = [p for _, p in answer["top"]]
            assert np.allclose(found.log_probabilities[0], expected, atol=1e-5)
            assert abs(found.scope_scores[0] - answer["scope_score"]) < 1e-4
            answers += 1
    assert answers >= golden.ANSWERED
