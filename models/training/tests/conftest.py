import numpy as np
import pytest
import torch

from earshot_training import augment
from earshot_training.batches import Lexicon, vocabulary
from earshot_training.data import Corpus, Rows, Skill
from earshot_training.export import Fitted, export
from earshot_training.model import Dimensions, Shortlister, initial_rate
from earshot_training.tokenizer import Folding, Tokenizer

BUCKETS = 512


@pytest.fixture(scope="session")
def folding() -> Folding:
    return Folding.from_unicode()


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """A catalogue of our own: 24 skills, two brands of each of four capabilities."""
    skills, capability = [], []
    for i in range(16):
        skills.append(Skill(f"alexa.{i}", "alexa2017", f"alexa.{i}", f"Planet {i}", f"planet {i}",
                            f'Facts about planet {i}. Say "Alexa, ask planet {i} for a fact".'))  # fmt: skip
        capability.append(i)
    for i in range(8):
        brand = "" if i % 2 else "@acme"
        skills.append(Skill(f"clinc.job{i // 2}{brand}", "clinc", f"clinc.job{i // 2}",
                            f"job {i // 2}", "", ""))  # fmt: skip
        capability.append(16 + i // 2)
    rng = np.random.default_rng(1)
    enabled = {
        f"u{n}": np.sort(rng.choice(len(skills), n % 9, replace=False)).astype(np.int64) for n in range(40)
    }
    texts, users, gold = [], [], []
    for n in range(200):
        skill = int(rng.integers(len(skills)))
        texts.append(f"please {skills[skill].name} number {rng.integers(9)} zq{rng.integers(99)}")
        users.append(f"u{n % 40}")
        gold.append(skill)
    rows = Rows(texts, users, np.array(gold), enabled)
    outside = {split: ["why is the moon round", "who built this"] for split in
               ("oos_train", "oos_val")}  # fmt: skip
    return Corpus(skills, np.array(capability), rows, rows, outside)


@pytest.fixture(scope="session")
def lexicon(corpus: Corpus, folding: Folding) -> Lexicon:
    metadata = [augment.metadata(skill) for skill in corpus.skills]
    return Lexicon(Tokenizer(folding, vocabulary(corpus, folding, metadata), BUCKETS))


@pytest.fixture(scope="session", params=["sigmoid", "softmax"])
def model(request: pytest.FixtureRequest, corpus: Corpus, lexicon: Lexicon) -> Shortlister:
    """A random model, small but of the real shape."""
    torch.manual_seed(2)
    dims = Dimensions(
        words=len(lexicon.tokenizer.vocabulary), skills=len(corpus.skills), features=8, query=64,
        word=32, hidden=48, heads=4, ngram_buckets=BUCKETS, ngram=16, ngram_hidden=32, fusion=32,
        attention=request.param,
    )  # fmt: skip
    rate = initial_rate(torch.from_numpy(corpus.enabled_counts()), len(corpus.train.enabled))
    made = Shortlister(dims, rate, torch.randn(len(corpus.skills), 8), 0.0)
    with torch.no_grad():
        made.encoder.score.weight.normal_(std=0.3)
        made.fuse_out.weight.normal_(std=0.2)
        made.attention.null.normal_(std=0.2)
        made.attention.offset.zero_()
        made.bias.normal_(std=0.3)
    return made.eval()


@pytest.fixture(scope="session")
def bundle_folder(model, corpus, lexicon, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    mode = {"inverse_temperature": 0.9, "out_of_scope": {"weight": -1.0, "bias": 0.5}}
    fitted = Fitted(model.boosts().detach().numpy(), np.linspace(-1, 1, 64, dtype=np.float32), 0.7,
                    {"context_free": mode, "personal": mode, "out_of_scope_threshold": 0.5})  # fmt: skip
    export(model, lexicon, corpus.skills, corpus.train, folder, "test-1", "of the tests", fitted)
    return folder
