import copy
import zlib
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from earshot_training import augment, evaluate, imitation, interests, tutor
from earshot_training.ablation import bootstrap
from earshot_training.batches import Sampler
from earshot_training.data import Rows, Skill
from earshot_training.losses import Sparse, energies
from earshot_training.made_texts import made_texts, words_of_like_meaning
from earshot_training.out_of_scope import synthetic_texts
from earshot_training.train import Settings


def test_energies_and_gradients_are_those_of_log_softmax():
    torch.manual_seed(0)
    q = torch.nn.functional.normalize(torch.randn(5, 16), dim=1).requires_grad_()
    rows = torch.nn.functional.normalize(torch.randn(9, 16), dim=1).requires_grad_()
    bias, scale = torch.randn(9, requires_grad=True), torch.tensor(5.0, requires_grad=True)
    boost_values = torch.randn(3, requires_grad=True)
    boost = Sparse(torch.tensor([0, 2, 2]), torch.tensor([1, 4, 7]), boost_values)
    target = Sparse(torch.tensor([0, 1, 2, 2, 3, 4]), torch.tensor([1, 2, 4, 5, 8, 0]),
                    torch.tensor([1, 1, 0.25, 0.75, 1, 1.0]))  # fmt: skip
    judged = torch.softmax(torch.randn(5, 9), dim=1).to(torch.bfloat16)
    weight = torch.tensor([0.0, 0.4, 1.0, 0.2, 0.0])
    inputs = (q, rows, bias, scale, boost_values)
    energy, labelled = energies(q, rows, bias, scale, target, boost, judged, weight)
    mine = torch.autograd.grad((energy - labelled).mean() + 0.3 * energy.sum(), inputs)

    logits = scale * q @ rows.t() + bias
    logits = logits.index_put((boost.rows, boost.columns), boost_values, accumulate=True)
    dense = torch.zeros(5, 9).index_put((target.rows, target.columns), target.values)
    dense = dense + weight.unsqueeze(1) * judged.float()
    plain = (logits.logsumexp(1) - (dense * logits).sum(1)).mean() + 0.3 * logits.logsumexp(1).sum()
    for own, expected in zip(mine, torch.autograd.grad(plain, inputs)):
        assert torch.allclose(own, expected, atol=0.03)  # bfloat16


def test_batches_repeat_and_are_labelled(corpus, lexicon):
    metadata = [augment.metadata(skill) for skill in corpus.skills]
    sampler = Sampler(corpus, lexicon, metadata, {}, seed=3, size=64, foreign=50)
    one, same, other = sampler.batch(5), sampler.batch(5), sampler.batch(6)
    assert torch.equal(one.packed.known, same.packed.known)
    assert torch.equal(one.enabled, same.enabled)
    assert not torch.equal(one.general.columns, other.general.columns)
    for labels in (one.general, one.personal):
        mass = torch.zeros(64).index_add(0, labels.rows, labels.values)
        assert torch.allclose(mass, (torch.arange(64) < one.labelled).float(), atol=1e-5)
    assert one.asked == 64
    # A personal label is an enabled brand where the user has enabled the gold skill.
    assert set(one.owner[one.serves > 0].tolist()) <= set(one.personal.rows.tolist())


def test_made_texts_join_a_batch_without_labels_or_users(corpus, lexicon):
    metadata = [augment.metadata(skill) for skill in corpus.skills]
    made = ["please start over", "what is that number"]
    sampler = Sampler(corpus, lexicon, metadata, {made[0]: 7, made[1]: 8}, seed=3, size=64, foreign=50,
                      made=made, made_share=0.25)  # fmt: skip
    batch = sampler.batch(1)
    assert (batch.packed.count, batch.asked) == (80, 64)
    assert set(batch.teacher[64:].tolist()) == {7, 8}
    for of_texts in (batch.general.rows, batch.personal.rows, batch.owner):
        assert of_texts.max() < 64


def test_a_kept_tutor_is_taken_only_for_the_same_texts_labels_and_settings(corpus, lexicon):
    metadata = [augment.metadata(skill) for skill in corpus.skills]
    vectors, features = torch.randn(100, 384), torch.randn(24, 8)

    def key(seed=3, vectors=vectors, features=features, share=0.1):
        near = [{1: 1.0}] * 300
        index = dict.fromkeys(corpus.train.texts, 0)
        sampler = Sampler(corpus, lexicon, metadata, index, seed=3, size=64, foreign=50, neighbours=near,
                          neighbour_share=share)  # fmt: skip
        return tutor._key(sampler, vectors, features, 24, seed)

    assert key() == key()
    assert len({key(), key(seed=4), key(vectors=vectors + 1), key(features=-features), key(share=0.2)}) == 5


def test_an_encoder_learns_to_imitate_and_what_it_learned_is_kept(model, corpus, lexicon, tmp_path):
    settings = Settings(imitation_steps=60, imitation_batch=64, imitation_rate=0.02)
    places = {text: i for i, text in enumerate(dict.fromkeys(corpus.train.texts))}
    wanted = functional.normalize(torch.randn(12, model.dims.teacher), dim=-1)
    wanted = wanted[[zlib.crc32(text.split()[1].encode()) % 12 for text in places]]

    def likeness(of):
        packed = lexicon.pack([lexicon.numbers(text) for text in places])
        with torch.no_grad():
            return functional.cosine_similarity(of.teach(of.encoder(packed)), wanted).mean().item()

    taught, again = copy.deepcopy(model), copy.deepcopy(model)
    imitation.imitate(taught, lexicon, places, wanted, settings, tmp_path)
    assert likeness(taught.eval()) > likeness(model) + 0.3
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns

    imitation.imitate(again, lexicon, places, wanted, replace(settings, steps=7), tmp_path)
    assert likeness(again.eval()) == likeness(taught)
    assert kept.stat().st_mtime_ns == written
    longer = replace(settings, imitation_steps=61)
    imitation.imitate(again, lexicon, places, wanted, longer, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_forgetful_sampler_hides_the_asked_skill_from_its_user(corpus, lexicon):
    metadata = [augment.metadata(skill) for skill in corpus.skills]
    batch = Sampler(corpus, lexicon, metadata, {}, seed=3, size=64, foreign=50, forgotten=1.0).batch(1)
    pairs = set(zip(batch.owner.tolist(), batch.enabled.tolist()))
    single = torch.bincount(batch.personal.rows, minlength=64) == 1
    golds = zip(batch.personal.rows.tolist(), batch.personal.columns.tolist())
    assert not {(row, skill) for row, skill in golds if single[row]} & pairs


def test_made_texts_are_new_and_of_the_given_words():
    texts = [text.split() for text in ("play some jazz", "stop the jazz now", "play a game", "hm")]
    like = {"jazz": ["music"], "game": ["match"]}
    made = made_texts(texts, np.full(4, 0.25), like, 8, 1)
    assert made == made_texts(texts, np.full(4, 0.25), like, 8, 1)
    assert 4 <= len(set(made)) == len(made) <= 8
    assert not set(made) & {" ".join(words) for words in texts}
    assert {word for text in made for word in text.split()} <= {
        *(word for words in texts for word in words), "music", "match",
    }  # fmt: skip


def test_words_of_like_meaning_are_near_and_never_the_word_itself():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 16))
    vectors[7] = vectors[3] + 0.1 * rng.normal(size=16)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    like = words_of_like_meaning(vectors)
    assert 7 in like[3]
    assert 3 in like[7]
    assert all(number not in others for number, others in enumerate(like))
    assert all(vectors[n] @ vectors[o] >= 0.44 for n, others in enumerate(like) for o in others)


def test_skills_that_the_same_users_enable_have_like_interest_vectors():
    rng = np.random.default_rng(1)
    enabled = {f"u{n}": np.unique(rng.choice(100, 6) + 100 * (n % 2)).astype(np.int64) for n in range(400)}
    found = interests.vectors(Rows([], [], np.zeros(0, np.int64), enabled), 200)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    likeness = found @ found.T
    same = (likeness[:100, :100].mean() + likeness[100:, 100:].mean()) / 2
    assert same > likeness[:100, 100:].mean() + 0.01


def test_metadata_yields_what_can_be_said():
    skill = Skill("x", "alexa2017", "x", "Tide Times", "tide times",
                  'Know the sea. Say "Alexa, ask tide times for high tide" and go.')  # fmt: skip
    found = augment.metadata(skill)
    assert found.titles[0] == "tide times"
    assert "high tide" in found.phrases
    assert augment.spoken("BookRestaurant") == "Book Restaurant"


def test_synthetic_requests_have_no_open_slots():
    made = synthetic_texts(500, 1)
    assert made == synthetic_texts(500, 1)
    assert len(set(made)) == 500
    assert not any("{" in text for text in made)


def test_calibration_error_and_auroc():
    assert evaluate.calibration_error(np.array([0.8] * 10), np.array([1] * 8 + [0] * 2)) < 1e-9
    assert abs(evaluate.calibration_error(np.array([0.9, 0.9]), np.array([1, 0])) - 0.4) < 1e-9
    assert evaluate.auroc(np.array([2.0, 3]), np.array([1.0, 0])) == 1
    assert evaluate.auroc(np.array([1.0, 1]), np.array([1.0])) == 0.5


def test_bootstrap_keeps_users_together():
    values = np.repeat([0.0, 100.0], 50)
    _, low, high = bootstrap(values, np.repeat([0, 1], 50))
    assert low == 0 and high == 100
    _, low, high = bootstrap(values, np.arange(100))
    assert 35 < low < 50 < high < 65
