"""The shortlisting model.

Words and hashed character n-grams → a vector per word → residual width-3 convolutions → attention
pooling → the utterance's ``u``; attention over the rows of the user's enabled skills → the summary
``s``; a shared non-linearity makes the query ``q`` of ``[u; s]``, and each skill owns a row, a bias
and an enablement boost: ``logit_k = τ q·r_k + b_k + β_k enabled_k``.

After Kumar et al., "Scalable neural domain adaptation / Efficient large-scale neural domain
classification with personalized attention" (ACL 2018) and Kim et al., "Supervised domain enablement
attention for personalized domain classification" (EMNLP 2018). There each skill has a small network
of its own over ``[u; s; enabled]``; here the hidden layer is shared, so a skill stays small enough
for a hundred thousand of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot_training import tokenizer

SCORE_LIMIT = 12.0
"""Pooling scores are cut to ±this before exp: no maximum over time has to be found."""
SCALE_LIMIT = 32.0


@dataclass(frozen=True)
class Dimensions:
    words: int
    skills: int
    features: int
    teacher: int = 384
    query: int = 256
    word: int = 256
    hidden: int = 384
    layers: int = 2
    heads: int = 8
    ngram_buckets: int = 32768
    ngram: int = 64
    ngram_hidden: int = 128
    fusion: int = 256
    attention: str = "sigmoid"
    """``sigmoid`` (EMNLP 2018) or ``softmax`` (ACL 2018)."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Packed:
    """Texts laid end to end. ``known`` int64 [M]: each token's word id (2 where unknown or dropped);
    ``word`` int64 [M]: its place among the distinct words; ``text`` int64 [M]: which text it is of;
    ``first``, ``last`` float [M, 1]: 0 at a text's first (last) token, else 1; ``ngrams`` int64 [G]
    and ``offsets`` int64 [distinct words]: the distinct words' n-grams; ``count``: texts."""

    known: Tensor
    word: Tensor
    text: Tensor
    first: Tensor
    last: Tensor
    ngrams: Tensor
    offsets: Tensor
    count: int


class CharacterNetwork(nn.Module):
    """A word's hashed n-grams → its character vector [words, W]. It depends on the word alone, so
    that the known words' can be tabled at export."""

    def __init__(self, dims: Dimensions):
        super().__init__()
        self.table = nn.EmbeddingBag(dims.ngram_buckets, dims.ngram, mode="mean", padding_idx=0)
        self.inner = nn.Linear(dims.ngram, dims.ngram_hidden)
        self.outer = nn.Linear(dims.ngram_hidden, dims.word)
        nn.init.normal_(self.table.weight, std=0.3)
        with torch.no_grad():
            self.table.weight[0] = 0

    def forward(self, ngrams: Tensor, offsets: Tensor) -> Tensor:
        return self.outer(functional.relu(self.inner(self.table(ngrams, offsets))))


class ConvolutionLayer(nn.Module):
    """Pre-norm residual layer: LayerNorm, a width-3 convolution, ReLU, a product, added."""

    def __init__(self, dims: Dimensions):
        super().__init__()
        self.norm = nn.LayerNorm(dims.word)
        self.mix = nn.Linear(3 * dims.word, dims.hidden)
        self.out = nn.Linear(dims.hidden, dims.word)
        nn.init.normal_(self.out.weight, std=0.3 * dims.hidden**-0.5)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, first: Tensor, last: Tensor) -> Tensor:
        h = self.norm(x)
        before = functional.pad(h[:-1], (0, 0, 1, 0)) * first
        after = functional.pad(h[1:], (0, 0, 0, 1)) * last
        mixed = functional.relu(self.mix(torch.cat((before, h, after), dim=-1)))
        return x + self.out(mixed)


class Encoder(nn.Module):
    """Packed texts → ``u`` [texts, D]."""

    def __init__(self, dims: Dimensions, dropout: float):
        super().__init__()
        self.heads = dims.heads
        self.words = nn.Embedding(dims.words, dims.word)
        nn.init.normal_(self.words.weight, std=0.5)
        self.characters = CharacterNetwork(dims)
        self.layers = nn.ModuleList(ConvolutionLayer(dims) for _ in range(dims.layers))
        self.norm = nn.LayerNorm(dims.word)
        self.score = nn.Linear(dims.word, dims.heads)
        self.value = nn.Linear(dims.word, dims.query)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.score.weight)

    def word_vectors(self, known: Tensor, character_vectors: Tensor) -> Tensor:
        return self.words(known) + character_vectors

    def forward(self, batch: Packed) -> Tensor:
        characters = self.characters(batch.ngrams, batch.offsets)
        x = self.word_vectors(batch.known, characters[batch.word])
        x = self.dropout(x.float())
        for layer in self.layers:
            x = layer(x, batch.first, batch.last)
        h = self.norm(x)
        weight = self.score(h).float().clamp(-SCORE_LIMIT, SCORE_LIMIT).exp()
        value = self.value(h).float().view(len(h), self.heads, -1)
        total = weight.new_zeros(batch.count, self.heads).index_add(0, batch.text, weight)
        pooled = value.new_zeros(batch.count, self.heads, value.shape[-1]).index_add(
            0, batch.text, weight.unsqueeze(-1) * value
        )
        return (pooled / total.unsqueeze(-1)).flatten(1)


class EnabledAttention(nn.Module):
    """Attention of an utterance over its user's enabled skills' rows.

    The rows are keys and values at once, so what a user costs is their rows alone. ``sigmoid``:
    ``a_d = σ(u·W r_d + c)``, trained to find the skills that serve the utterance (EMNLP 2018, eq. 5
    and 6); ``softmax``: ``a = softmax(u·W r_d)`` (ACL 2018, eq. 2), without supervision.
    """

    def __init__(self, dims: Dimensions):
        super().__init__()
        self.kind = dims.attention
        self.query = nn.Linear(dims.query, dims.query, bias=False)
        self.offset = nn.Parameter(torch.tensor(-3.0))
        self.null = nn.Parameter(torch.zeros(2 * dims.query))
        nn.init.normal_(self.query.weight, std=dims.query**-0.5)

    def scores(self, u: Tensor, rows: Tensor, owner: Tensor) -> Tensor:
        """[pairs]: logits of pair ``i`` = (text ``owner[i]``, enabled row ``rows[i]``)."""
        return (self.query(u).float()[owner] * rows).sum(-1) + self.offset

    def summary(self, scores: Tensor, rows: Tensor, owner: Tensor, count: int) -> Tensor:
        """[texts, 2 D]: the attended rows, and the plain mean of them all, which tells the user's
        interests; the null summary where a text's user has no enabled skill."""
        if self.kind == "sigmoid":
            weight = torch.sigmoid(scores)
        else:
            weight = scores.clamp(-SCORE_LIMIT, SCORE_LIMIT).exp()
            total = weight.new_zeros(count).index_add(0, owner, weight)
            weight = weight / total[owner]
        enabled = weight.new_zeros(count).index_add(0, owner, torch.ones_like(weight))
        both = torch.cat((weight.unsqueeze(-1) * rows, rows / enabled[owner].unsqueeze(-1)), dim=-1)
        s = both.new_zeros(count, both.shape[-1]).index_add(0, owner, both)
        return torch.where((enabled > 0).unsqueeze(-1), s, self.null)


class Shortlister(nn.Module):
    def __init__(self, dims: Dimensions, enabled_rate: Tensor, features: Tensor, dropout: float):
        """``enabled_rate`` [S]: ``log(1 + 4 N / H_k)``, with H_k of N training users having enabled
        skill k: the rarer a skill, the more its enablement tells. ``features`` [S, F]: what the
        skills' own texts say, embedded."""
        super().__init__()
        self.dims = dims
        self.encoder = Encoder(dims, dropout)
        self.attention = EnabledAttention(dims)
        self.fuse_in = nn.Linear(3 * dims.query, dims.fusion)
        self.fuse_out = nn.Linear(dims.fusion, dims.query)
        nn.init.normal_(self.fuse_out.weight, std=0.1 * dims.fusion**-0.5)
        nn.init.zeros_(self.fuse_out.bias)
        self.own_rows = nn.Parameter(torch.randn(dims.skills, dims.query) * 0.02)
        self.text_rows = nn.Linear(dims.features, dims.query, bias=False)
        self.bias = nn.Parameter(torch.zeros(dims.skills))
        self.log_scale = nn.Parameter(torch.tensor(3.0))
        self.boost = nn.Parameter(torch.tensor([1.0, 0.5]))
        self.teach = nn.Linear(dims.query, dims.teacher)
        self.scope_energy = nn.Parameter(torch.tensor([0.5, 12.0]))
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("enabled_rate", enabled_rate)
        self.register_buffer("features", features)

    def scale(self) -> Tensor:
        """τ. Cut off, it keeps the training texts from being fitted ever more sharply."""
        return self.log_scale.exp().clamp(max=SCALE_LIMIT)

    def rows(self) -> Tensor:
        """[S, D], each of length 1."""
        return functional.normalize(self.own_rows + self.text_rows(self.features).float(), dim=-1)

    def boosts(self) -> Tensor:
        """β [S]."""
        return self.boost[0] + self.boost[1] * self.enabled_rate

    def fuse(self, u: Tensor, s: Tensor) -> Tensor:
        """``q`` [texts, D] of length 1."""
        hidden = functional.relu(self.fuse_in(torch.cat((u, s), dim=-1)))
        return functional.normalize(u + self.fuse_out(hidden).float(), dim=-1)

    def null_query(self, u: Tensor) -> Tensor:
        return self.fuse(u, self.attention.null.expand(len(u), -1))


def initial_rate(enabled_counts: Tensor, users: int) -> Tensor:
    return torch.log1p(4.0 * users / enabled_counts.clamp(min=1).float())


assert tokenizer.PAD == 0  # EmbeddingBag's padding_idx and the export's masks rely on it
