import numpy as np
import torch

from earshot_training import augment, evaluate
from earshot_training.ablation import bootstrap
from earshot_training.batches import Sampler
from earshot_training.data import Skill
from earshot_training.losses import Sparse, energies
from earshot_training.out_of_scope import synthetic_texts


def test_energies_and_gradients_are_those_of_log_softmax():
    torch.manual_seed(0)
    q = torch.nn.functional.normalize(torch.randn(5, 16), dim=1).requires_grad_()
    rows = torch.nn.functional.normalize(torch.randn(9, 16), dim=1).requires_grad_()
    bias, scale = torch.randn(9, requires_grad=True), torch.tensor(5.0, requires_grad=True)
    boost_values = torch.randn(3, requires_grad=True)
    boost = Sparse(torch.tensor([0, 2, 2]), torch.tensor([1, 4, 7]), boost_values)
    target = Sparse(torch.tensor([0, 1, 2, 2, 3, 4]), torch.tensor([1, 2, 4, 5, 8, 0]),
                    torch.tensor([1, 1, 0.25, 0.75, 1, 1.0]))  # fmt: skip
    inputs = (q, rows, bias, scale, boost_values)
    energy, labelled = energies(q, rows, bias, scale, target, boost)
    mine = torch.autograd.grad((energy - labelled).mean() + 0.3 * energy.sum(), inputs)

    logits = scale * q @ rows.t() + bias
    logits = logits.index_put((boost.rows, boost.columns), boost_values, accumulate=True)
    dense = torch.zeros(5, 9).index_put((target.rows, target.columns), target.values)
    plain = -(dense * logits.log_softmax(1)).sum(1).mean() + 0.3 * logits.logsumexp(1).sum()
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
        assert torch.allclose(mass, one.in_scope.float(), atol=1e-5)
    # A personal label is an enabled brand where the user has enabled the gold skill.
    assert set(one.owner[one.serves > 0].tolist()) <= set(one.personal.rows.tolist())


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
