"""From scores to similarities: natural-log units whose zero says that the context tells nothing."""

from __future__ import annotations

import torch
from torch.nn import functional

from earshot_training.context.data import Turn
from earshot_training.context.examples import Example, Examples
from earshot_training.context.model import ITEM, REPLY, UTTERANCE, ContextModel
from earshot_training.context.train import encode

_BATCH = 64


def plain(turn: Turn, wrong: list[str] = ()) -> Example:
    """A turn as it was, with nothing left out or put in."""
    items = [(UTTERANCE, turn.previous)] if turn.previous else []
    items += [(REPLY, turn.reply), *((ITEM, entity) for entity in turn.entities)]
    return Example(items, turn.text, list(wrong), True)


@torch.no_grad()
def calibrate(model: ContextModel, examples: Examples, turns: list[Turn]) -> dict[str, float]:
    """Fits scale and offset on turns that training did not see, by logistic regression of what was
    said against what was said in other turns, as much weight on either: by the density-ratio argument
    of noise-contrastive estimation the log-odds are then the log of how many times likelier the text
    is after this context. Sets them in the model."""
    model.scale.fill_(1.0)
    model.offset.fill_(0.0)
    said, other = [], []
    for begin in range(0, len(turns) - _BATCH + 1, _BATCH):
        batch = examples.pack([plain(turn) for turn in turns[begin : begin + _BATCH]])
        read = encode(model, batch)
        scores = model.match(read.embedding, batch.present, read.h, read.pooled, batch.texts.text)
        diagonal = torch.eye(len(scores), dtype=torch.bool)
        said.append(scores[diagonal])
        other.append(scores[~diagonal])
    said, other = torch.cat(said), torch.cat(other)
    fitted = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scale, offset = fitted
        value = functional.softplus(-(scale * said + offset)).mean()
        value = value + functional.softplus(scale * other + offset).mean()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    scale, offset = fitted.detach()
    model.scale.copy_(scale)
    model.offset.copy_(offset)
    return {"scale": scale.item(), "offset": offset.item()}
