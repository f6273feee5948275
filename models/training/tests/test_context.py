import json
import math

import letters
import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from earshot_training import bias_bundle
from earshot_training.batches import Lexicon
from earshot_training.context import calibrate, export, golden
from earshot_training.context.confusions import confusions, edit_distance
from earshot_training.context.data import Turn, names
from earshot_training.context.encoder import ContextEncoder
from earshot_training.context.examples import WRONG, Example, Examples
from earshot_training.context.model import ITEM, PROFILE, REPLY, ContextModel, Dimensions
from earshot_training.context.train import Prepared, Settings, encode, train
from earshot_training.tokenizer import SPECIAL_WORDS, Folding, Tokenizer

LEXICON = {
    "bauer": ("B", "AW", "ER"), "power": ("P", "AW", "ER"), "tower": ("T", "AW", "ER"),
    "paris": ("P", "EH", "R", "IH", "S"), "ferris": ("F", "EH", "R", "IH", "S"),
}  # fmt: skip
TURNS = [
    Turn(f"d{i}", f"call {name}", f"Do you mean {name} Jones or {name} Bauer?",
         (f"{name} Jones", f"{name} Bauer"), f"{name.lower()} bauer please", (f"{name.lower()} bauer",))
    for i, name in enumerate(("Meg", "Ann", "Tom", "Paris", "Lou", "Kim", "Zoe", "Max"))
]  # fmt: skip


@pytest.fixture(scope="module")
def lexicon(folding: Folding) -> Lexicon:
    words = ["call", "do", "you", "mean", "or", "please", "jones", "bauer", "power", "tower", "meg"]
    return Lexicon(Tokenizer(folding, [*SPECIAL_WORDS, *words], Dimensions(0).ngram_buckets))


@pytest.fixture(scope="module")
def examples(lexicon: Lexicon) -> Examples:
    confused = confusions(["bauer", "paris"], sorted(LEXICON), LEXICON)
    return Examples(TURNS, lexicon, confused, ["kowalski", "jessup"], seed=1)


@pytest.fixture(scope="module")
def model(lexicon: Lexicon) -> ContextModel:
    torch.manual_seed(3)
    made = ContextModel(Dimensions(len(lexicon.tokenizer.vocabulary)))
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.dim() > 1:
                parameter.add_(0.05 * torch.randn_like(parameter))
        made.words.weight[0] = 0
        made.characters.table.weight[0] = 0
    return made.eval()


@pytest.fixture(scope="module")
def folder(model, lexicon, tmp_path_factory):
    made = tmp_path_factory.mktemp("bias")
    export.export(model, lexicon, made)
    golden.write(made)
    return made


def test_edit_distance_is_levenshteins():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == 3
    assert edit_distance(LEXICON["bauer"], LEXICON["power"]) == 1


def test_words_are_confused_with_what_sounds_like_them():
    found = confusions(["bauer", "paris", "qzqz"], sorted(LEXICON), LEXICON)
    assert found["bauer"] == ["power", "tower"]
    assert found["paris"] == ["ferris"]
    assert found["qzqz"] == []


def test_names_are_what_is_capitalised_within_a_sentence():
    reply = "Sure. Where to? I found Hotel Bel Air for you, near San Jose. Friday is fine."
    assert names(reply) == ("Hotel Bel Air", "San Jose")
    assert names("How about it?") == ()


def test_wrong_texts_differ_in_a_word_that_the_context_tells(examples):
    rng = np.random.default_rng(1)
    for _ in range(50):
        example = examples.example(TURNS[0], rng)
        assert example.items
        assert len(example.wrong) == WRONG
        assert example.text not in example.wrong


def test_graphs_answer_as_the_model(model, examples, folder):
    """Tables are int8 and matrices float16 in the graphs: the difference is their rounding."""
    encoder = ContextEncoder(folder)
    items = [("REPLY", "Do you mean Meg Jones or Meg Bauer?"), ("CONTACT", "Meg Jones"),
             ("CONTACT", "Meg Bauer"), ("PROFILE", "zqx?"), ("PROFILE", "!")]  # fmt: skip
    texts = ["power", "meg bauer", "", "call jones please", "zqx kowalski"]
    kinds = {"REPLY": REPLY, "PROFILE": PROFILE}
    made = [(kinds.get(kind, ITEM), text) for kind, text in items]
    batch = examples.pack([Example(made, texts[0], texts[1:], True)])
    with torch.no_grad():
        read = encode(model, batch)
        expected = model.match(read.embedding, batch.present, read.h, read.pooled, batch.texts.text)
    embedding = encoder.encode(items)
    assert np.abs(embedding - read.embedding[0].numpy()).max() < 0.1
    found = encoder.match(embedding, texts)
    assert np.abs(found - expected[0].numpy()).max() < 0.15


def test_matching_one_by_one_is_matching_all(model, examples):
    batch = examples.batch(0, 5, 0.0)
    with torch.no_grad():
        read = encode(model, batch)
        every = model.match(read.embedding, batch.present, read.h, read.pooled, batch.texts.text)
        context = torch.arange(batch.texts.count) % 5
        one = model.match(read.embedding, batch.present, read.h, read.pooled, batch.texts.text, context)
    assert torch.allclose(one, every[context, torch.arange(batch.texts.count)], atol=1e-5)


def test_a_text_is_read_by_itself(folder):
    encoder = ContextEncoder(folder)
    embedding = encoder.encode([("REPLY", "Meg Jones or Meg Bauer?")])
    texts = [f"call number {i} please {'zq' * (i % 5)}" for i in range(120)]
    together = encoder.match(embedding, texts)
    alone = np.concatenate([encoder.match(embedding, [text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-4


def test_a_kind_that_is_not_told_apart_is_like_any_other(folder):
    encoder = ContextEncoder(folder)
    first = encoder.encode([("PLACE", "paris"), ("REPLY", "paris")])
    second = encoder.encode([("something new", "paris"), ("REPLY", "paris")])
    assert (first == second).all()
    assert not np.allclose(first[0], first[1])


def test_training_learns_and_goes_on_where_it_stopped(lexicon, examples, tmp_path):
    from earshot_training.context.data import Turns

    prepared = Prepared(
        Turns(TURNS, TURNS, TURNS, TURNS), lexicon, examples.confusions, examples.people, None
    )
    settings = Settings(steps=30, batch=8, warm_up=5, seed=2)
    straight = train(prepared, settings, tmp_path / "one.pt")
    whole = torch.load(tmp_path / "one.pt", weights_only=True)
    assert whole["step"] == 30
    again = train(prepared, settings, tmp_path / "one.pt")
    for a, b in zip(straight.parameters(), again.parameters()):
        assert torch.equal(a, b)
    with pytest.raises(ValueError, match="other settings"):
        train(prepared, Settings(steps=31, batch=8), tmp_path / "one.pt")


def test_calibration_sets_zero_where_the_context_tells_nothing(model, examples):
    fitted = calibrate.calibrate(model, examples, TURNS * 16)
    assert math.isfinite(fitted["scale"])
    assert math.isfinite(fitted["offset"])
    assert model.scale.item() == pytest.approx(fitted["scale"])


def test_golden_vectors_repeat(folder):
    _check_golden(folder)


def test_shipped_bundle_is_whole_and_answers_its_golden_vectors(request):
    _check_golden(request.config.rootpath.parent / "bias")


def _check_golden(folder):
    encoder = ContextEncoder(folder)
    lines = (folder / "context.golden.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    for line in lines:
        entry = json.loads(line)
        items = [(item["kind"], item["text"]) for item in entry["items"]]
        encoded = [encoder.tokenizer.encode(text) for _, text in items]
        assert [e.word_ids for e in encoded] == entry["word_ids"]
        assert [e.unknown_ngrams for e in encoded] == entry["unknown_ngrams"]
        embedding = encoder.encode(items)
        assert np.allclose(embedding[:, : golden.SHOWN], entry["embedding_heads"], atol=1e-4)
        found = encoder.match(embedding, entry["hypotheses"])
        assert np.allclose(found, entry["similarities"], atol=1e-3)


def test_parts_of_a_bias_bundle_are_replaced_one_by_one(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = bias_bundle.check(tmp_path)
    (tmp_path / "lexicon.bin").write_bytes(b"bauer")
    (tmp_path / "weights.json").write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"context\.words\.i8"):
        (tmp_path / "context.words.i8").write_bytes(b"")
        bias_bundle.check(tmp_path)
    (tmp_path / "context.words.i8").write_bytes((folder / "context.words.i8").read_bytes())
    after = bias_bundle.write(tmp_path, version="2", roles={"rescorer": "weights.json"})
    assert after["roles"] == before["roles"] | {"lexicon": "lexicon.bin", "rescorer": "weights.json"}
    assert after["context"] == before["context"]
    assert after["bundle_version"] == "2"
    (tmp_path / "lexicon.bin").unlink()
    assert "lexicon" not in bias_bundle.write(tmp_path)["roles"]
    assert bias_bundle.check(tmp_path)["roles"]["rescorer"] == "weights.json"
    with pytest.raises(ValueError, match=r"g2p: nothing\.bin"):
        bias_bundle.write(tmp_path, roles={"g2p": "nothing.bin"})


def test_encoder_of_another_make_is_the_one_that_the_server_is_tested_with(request):
    root = request.config.rootpath.parents[1]
    file = root / "server/src/test/resources/dev/earshot/model/letters.encode.onnx"
    assert onnx.load(str(file)) == letters.graph()
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    inputs = {"characters": [97, 98, 32, 0], "character_lengths": [2, 1], "kinds": [3, 0]}
    found = session.run(None, {name: np.array(value, np.int32) for name, value in inputs.items()})[0]
    assert found.tolist() == [[195, 3], [32, 0]]
