"""The context encoder.

Words and hashed character n-grams → a vector per word → one residual width-3 convolution → attention
pooling → a vector per text; with its kind, and attention over the items of the context, an item's
*embedding*. A text is compared with embeddings in two ways, which add up:

* its pooled vector reads the items by attention, and a small network judges what it read;
* each of its words looks for items by cosine in a few projections (late interaction, as in Khattab
  and Zaharia, "ColBERT", SIGIR 2020, here words against whole items): evidence ``m_k = log(1 + Σ_i
  exp(τ_k (cos − θ_k)))``, weighed by what the word is.

Trained as a critic by noise-contrastive estimation, the sum estimates the pointwise mutual
information of text and context (van den Oord et al., 2018; Poole et al., ICML 2019).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot_training import model as shortlister
from earshot_training.model import SCORE_LIMIT, CharacterNetwork, ConvolutionLayer, Packed

KINDS = ("", "UTTERANCE", "REPLY", "PROFILE")
"""Kinds of items that are told apart; the first stands for all others."""
ITEM, UTTERANCE, REPLY, PROFILE = range(4)


@dataclass(frozen=True)
class Dimensions:
    words: int
    word: int = 96
    hidden: int = 96
    heads: int = 8
    ngram_buckets: int = 8192
    ngram: int = 48
    ngram_hidden: int = 96
    looks: int = 4
    """Projections in which words look for items."""
    judge: int = 96

    def of_words(self) -> shortlister.Dimensions:
        """The same for the layers that the shortlister has, too."""
        return shortlister.Dimensions(
            words=self.words, skills=0, features=0, word=self.word, hidden=self.hidden,
            ngram_buckets=self.ngram_buckets, ngram=self.ngram, ngram_hidden=self.ngram_hidden,
        )  # fmt: skip

    def as_json(self) -> dict[str, int]:
        return asdict(self)


class ContextModel(nn.Module):
    def __init__(self, dims: Dimensions, dropout: float = 0.0):
        super().__init__()
        size, heads = dims.word, dims.heads
        self.dims = dims
        self.dropout = nn.Dropout(dropout)
        self.words = nn.Embedding(dims.words, size, padding_idx=0)
        nn.init.normal_(self.words.weight, std=0.3)
        self.characters = CharacterNetwork(dims.of_words())
        self.layer = ConvolutionLayer(dims.of_words())
        self.norm = nn.LayerNorm(size)
        self.score = nn.Linear(size, heads)
        self.value = nn.Linear(size, size)
        self.kinds = nn.Embedding(len(KINDS), size)
        nn.init.normal_(self.kinds.weight, std=0.1)
        self.item_norm = nn.LayerNorm(size)
        self.across = nn.Linear(size, 3 * size)
        self.across_out = nn.Linear(size, size)
        self.inner_norm = nn.LayerNorm(size)
        self.inner = nn.Linear(size, 2 * size)
        self.outer = nn.Linear(2 * size, size)
        self.embedding_norm = nn.LayerNorm(size)
        self.query = nn.Linear(size, size)
        self.read = nn.Linear(size, 2 * size)
        self.judge = nn.Linear(3 * size, dims.judge)
        self.verdict = nn.Linear(dims.judge, 1)
        self.look = nn.Linear(size, dims.looks * self.look_size, bias=False)
        self.shown = nn.Linear(size, dims.looks * self.look_size, bias=False)
        self.sharpness = nn.Parameter(torch.full((dims.looks,), 2.0))
        self.threshold = nn.Parameter(torch.full((dims.looks,), 0.5))
        self.worth = nn.Linear(size, dims.looks + 1)
        for layer in (self.across_out, self.outer, self.worth):
            nn.init.normal_(layer.weight, std=0.3 * layer.in_features**-0.5)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.worth.bias[: dims.looks] = 0.3
        self.scale = nn.Parameter(torch.ones(()), requires_grad=False)
        self.offset = nn.Parameter(torch.zeros(()), requires_grad=False)
        """The calibration: similarity = scale · score + offset."""

    @property
    def look_size(self) -> int:
        return self.dims.word // self.dims.looks

    def encode_words(self, texts: Packed) -> Tensor:
        """[M, W]: each token's vector."""
        x = self.words(texts.known)
        x = x + self.characters(texts.ngrams, texts.offsets)[texts.word]
        x = self.layer(self.dropout(x), texts.first, texts.last)
        return self.norm(x)

    def pool(self, h: Tensor, texts: Packed) -> Tensor:
        """[texts, W]: attention pooling with a part of the vector for each head."""
        weight = self.score(h).clamp(-SCORE_LIMIT, SCORE_LIMIT).exp()
        value = self.value(h).view(len(h), self.dims.heads, -1)
        sums = h.new_zeros(texts.count, *value.shape[1:])
        sums.index_add_(0, texts.text, weight.unsqueeze(2) * value)
        totals = h.new_zeros(texts.count, self.dims.heads).index_add_(0, texts.text, weight)
        return (sums / totals.unsqueeze(2)).flatten(1)

    def embed(self, pooled: Tensor, kinds: Tensor, present: Tensor) -> Tensor:
        """Pooled items [B, I, W], their kinds [B, I] and which are there [B, I] → embeddings
        [B, I, W], zero where none is."""
        x = self.item_norm(pooled + self.kinds(kinds))
        b, i, w = x.shape
        q, k, v = self.across(x).view(b, i, 3, self.dims.heads, -1).permute(2, 0, 3, 1, 4)
        mask = present[:, None, None, :]
        read = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.across_out(read.transpose(1, 2).reshape(b, i, w))
        x = x + self.outer(functional.relu(self.inner(self.inner_norm(x))))
        return self.embedding_norm(x) * present.unsqueeze(2)

    def match(self, embedding: Tensor, present: Tensor, h: Tensor, pooled: Tensor, text: Tensor,
              context: Tensor | None = None) -> Tensor:  # fmt: skip
        """Scores of texts against contexts: words ``h`` [M, W] of texts ``pooled`` [N, W]. With
        ``context`` [N] (one for each text) [N], without it every text against every context [B, N]."""
        b, i, _ = embedding.shape
        heads, looks = self.dims.heads, self.dims.looks
        q = self.query(pooled)
        k, v = self.read(embedding).chunk(2, dim=2)
        split = q.view(len(q), heads, -1)
        k, v = k.view(b, i, heads, -1), v.view(b, i, heads, -1)
        seen = functional.normalize(self.shown(embedding).view(b, i, looks, -1), dim=-1)
        looked = functional.normalize(self.look(h).view(len(h), looks, -1), dim=-1)
        absent = ~present
        if context is None:
            weight = torch.einsum("nhd,bihd->bnhi", split, k) * split.shape[-1] ** -0.5
            weight = weight.masked_fill(absent[:, None, None], float("-inf")).softmax(-1)
            read = torch.einsum("bnhi,bihd->bnhd", weight, v).flatten(2)
            near = torch.einsum("mkd,bikd->bmki", looked, seen)
            hidden = absent[:, None, None]
            q = q.expand(b, -1, -1)
        else:
            weight = torch.einsum("nhd,nihd->nhi", split, k[context]) * split.shape[-1] ** -0.5
            weight = weight.masked_fill(absent[context][:, None], float("-inf")).softmax(-1)
            read = torch.einsum("nhi,nihd->nhd", weight, v[context]).flatten(1)
            of_word = context[text]
            near = torch.einsum("mkd,mikd->mki", looked, seen[of_word])
            hidden = absent[of_word][:, None]
        judged = functional.relu(self.judge(torch.cat((q, read, q * read), dim=-1)))
        score = self.verdict(self.dropout(judged)).squeeze(-1)
        sharpness = 4 * functional.softplus(self.sharpness)
        excess = sharpness[:, None] * (near - self.threshold[:, None])
        evidence = excess.masked_fill(hidden, float("-inf")).exp().sum(-1).log1p()
        worth, alone = self.worth(h).split((looks, 1), dim=1)
        each = (evidence * worth).sum(-1) + alone.squeeze(1)
        score = score.index_add(-1, text, each)
        return self.scale * score + self.offset
