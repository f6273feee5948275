"""How well a context encoder tells what was said from what was not, on turns it has not seen."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from earshot_training.context.data import Turn, Turns
from earshot_training.context.encoder import ContextEncoder
from earshot_training.context.examples import Examples

CHOICES = 100
_RECALL_TURNS = 1500
_WRONG_EACH = 4


@dataclass(frozen=True)
class _Judge:
    """Scores texts against a context: higher is likelier."""

    encoder: ContextEncoder | None
    weights: dict[str, float]
    """Of words, where there is no encoder: the baseline, words that both have by inverse frequency."""
    examples: Examples

    def scores(self, items: list[tuple[str, str]], texts: list[str]) -> np.ndarray:
        if self.encoder:
            return self.encoder.match(self.encoder.encode(items), texts)
        known = {w for _, text in items for w in self.examples.words(text)}
        rare = max(self.weights.values())
        return np.array([
            sum(self.weights.get(w, rare) for w in set(self.examples.words(text)) & known) for text in texts
        ])  # fmt: skip


def items_of(turn: Turn) -> list[tuple[str, str]]:
    items = [("UTTERANCE", turn.previous)] if turn.previous else []
    return [*items, ("REPLY", turn.reply), *(("LIST_ENTRY", entity) for entity in turn.entities)]


def _auc(right: np.ndarray, wrong: np.ndarray) -> float:
    """The share of pairs in which ``right`` is higher; ties count half."""
    both = np.sort(wrong)
    below, upto = np.searchsorted(both, right, "left"), np.searchsorted(both, right, "right")
    return float((below + upto).mean() / 2 / len(wrong))


def _interval(values: np.ndarray, groups: list[str], rng: np.random.Generator) -> list[float]:
    """95% by bootstrap over dialogues."""
    names, owner = np.unique(groups, return_inverse=True)
    sums, counts = np.bincount(owner, values), np.bincount(owner)
    drawn = rng.integers(len(names), size=(1000, len(names)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    return [float(v) for v in np.percentile(means, [2.5, 97.5])]


def recall(judge: _Judge, turns: list[Turn], seed: int = 5) -> dict:
    """The share of turns whose own text scores highest of 100, the others being other turns'."""
    rng = np.random.default_rng(seed)
    chosen = [turns[i] for i in rng.choice(len(turns), min(_RECALL_TURNS, len(turns)), replace=False)]
    texts = sorted({turn.text for turn in turns})
    first, reciprocal = [], []
    for turn in chosen:
        others = [texts[i] for i in rng.choice(len(texts), CHOICES, replace=False)]
        others = [text for text in others if text != turn.text][: CHOICES - 1]
        scores = judge.scores(items_of(turn), [turn.text, *others])
        better, equal = int((scores[1:] > scores[0]).sum()), int((scores[1:] == scores[0]).sum())
        # Of equal scores any may come first.
        first.append((better == 0) / (1 + equal))
        reciprocal.append(np.mean([1 / (1 + better + i) for i in range(equal + 1)]))
    found = np.array(first)
    return {
        "turns": len(chosen), "recall_at_1": float(found.mean()),
        "interval": _interval(found, [turn.dialogue for turn in chosen], rng),
        "mean_reciprocal_rank": float(np.mean(reciprocal)),
    }  # fmt: skip


def confusable(judge: _Judge, examples: Examples, turns: list[Turn], distractors: int = 0,
               shuffled: bool = False, seed: int = 6) -> dict:  # fmt: skip
    """What was said against the same with words that the context explains replaced by others that
    sound alike. ``distractors``: so many entries of the user's lists beside; ``shuffled``: each turn has
    another's context, which tells nothing, so that 50% is right."""
    rng = np.random.default_rng(seed)
    right, wrong, pairs, groups = [], [], [], []
    for place, turn in enumerate(turns):
        words = examples.words(turn.text)
        context = {w for _, text in items_of(turn) for w in examples.words(text)}
        said = {w for entity in turn.said for w in examples.words(entity)}
        telling = [i for i, w in enumerate(words) if w in said and w not in examples.ordinary]
        telling = telling or [i for i, w in enumerate(words) if w in context and w not in examples.ordinary]
        telling = [i for i in telling if examples.confusions.get(words[i])]
        if not telling:
            continue
        variants = []
        for _ in range(_WRONG_EACH):
            changed = list(words)
            count = 1 if rng.random() < 0.5 else len(telling)
            for i in rng.permutation(telling)[:count]:
                others = examples.confusions[words[i]]
                changed[i] = others[rng.integers(min(4, len(others)))]
            variants.append(" ".join(changed))
        entries = [("PROFILE", examples.name(rng)) for _ in range(distractors)]
        shown = turns[(place + len(turns) // 2) % len(turns)] if shuffled else turn
        scores = judge.scores(items_of(shown) + entries, [" ".join(words), *variants])
        right.append(scores[0])
        wrong.append(scores[1:])
        pairs.append(((scores[0] > scores[1:]) + 0.5 * (scores[0] == scores[1:])).mean())
        groups.append(turn.dialogue)
    return {
        "turns": len(right), "auc": _auc(np.array(right), np.concatenate(wrong)),
        "pairs": float(np.mean(pairs)), "interval": _interval(np.array(pairs), groups, rng),
        "difference": float(np.mean([r - w.mean() for r, w in zip(right, wrong)])),
    }  # fmt: skip


def calibration(encoder: ContextEncoder, turns: list[Turn], seed: int = 7) -> dict:
    """How what similarities say meets what is: of own and other turns' texts, as many of either, the
    log-loss and the expected calibration error (15 bins) of ``sigmoid(similarity)``."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(turns), min(_RECALL_TURNS, len(turns)), replace=False)
    own, other = [], []
    for i in chosen:
        text = turns[rng.integers(len(turns))].text
        scores = encoder.match(encoder.encode(items_of(turns[i])), [turns[i].text, text])
        own.append(scores[0])
        other.append(scores[1])
    probability = 1 / (1 + np.exp(-np.concatenate((own, other)).astype(float)))
    truth = np.repeat([1.0, 0.0], len(own))
    bins = np.minimum((probability * 15).astype(int), 14)
    error = sum(
        abs(probability[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    )
    loss = -np.log(np.where(truth > 0, probability, 1 - probability)).mean()
    return {"log_loss": float(loss), "ece": float(error), "auc": _auc(np.array(own), np.array(other))}


def speed(encoder: ContextEncoder, turns: list[Turn], examples: Examples, runs: int = 300) -> dict:
    """Microseconds of the graphs alone, one thread: 32 items, ten hypotheses; median and 10th
    percentile of the runs."""
    rng = np.random.default_rng(8)
    turn = next(t for t in turns if len(t.entities) >= 3)
    items = items_of(turn)
    items += [("PROFILE", examples.name(rng)) for _ in range(32 - len(items))]
    texts = [encoder.tokenizer.encode(text) for _, text in items]
    context = encoder.inputs(texts) | {"kinds": np.array([encoder.kind(k) for k, _ in items], np.int32)}
    embedding = encoder.encode(items)
    hypotheses = [turn.text] * 5 + [f"{turn.text} {w}" for w in ("bauer", "power", "bower", "tower", "our")]
    heard = encoder.inputs([encoder.tokenizer.encode(t) for t in hypotheses]) | {"embedding": embedding}
    found = {}
    for name, session, inputs in (
        ("encode_32_items", encoder.sessions["encode"], context),
        ("match_10_hypotheses", encoder.sessions["match"], heard),
    ):
        micros = []
        for _ in range(runs):
            begin = time.perf_counter()
            session.run(None, inputs)
            micros.append(1e6 * (time.perf_counter() - begin))
        found[name] = [float(v) for v in np.percentile(micros[runs // 10 :], [50, 10])]
    return found


def measure(folder: Path, turns: Turns, examples: Examples) -> dict:
    """All figures of a bundle's encoder, beside word overlap's."""
    encoder = ContextEncoder(folder)
    weights = Counter(w for t in turns.train for w in set(examples.words(t.text)))
    overlap = {w: float(np.log(len(turns.train) / n)) for w, n in weights.items()}
    found: dict = {"model_id": encoder.manifest["context"]["model_id"]}
    for name, judge in (
        ("context_vector", _Judge(encoder, {}, examples)), ("word_overlap", _Judge(None, overlap, examples)),
    ):  # fmt: skip
        own = {"next_text": recall(judge, turns.dev)}
        for split, chosen in (("dialogues", turns.dev), ("followups", turns.followups)):
            own[split] = confusable(judge, examples, chosen)
            own[f"{split}_20_distractors"] = confusable(judge, examples, chosen, 20)
            own[f"{split}_shuffled"] = confusable(judge, examples, chosen, shuffled=True)
        own["followups_50_distractors"] = confusable(judge, examples, turns.followups, 50)
        found[name] = own
    found["calibration"] = calibration(encoder, turns.dev)
    found["microseconds"] = speed(encoder, turns.followups, examples)
    return found


def section(found: dict) -> str:
    """Markdown of ``measure``'s figures."""
    lines = ["| | context vector | word overlap |", "| --- | --- | --- |"]

    def row(label: str, key: str, value: str) -> None:
        cells = []
        for name in ("context_vector", "word_overlap"):
            own = found[name][key]
            low, high = own["interval"]
            extra = f", AUC {own['auc']:.3f}" if "auc" in own else ""
            cells.append(f"{100 * own[value]:.1f} [{100 * low:.1f}, {100 * high:.1f}]{extra}")
        lines.append(f"| {label} | {' | '.join(cells)} |")

    row("next text: first among 100, %", "next_text", "recall_at_1")
    for split in ("dialogues", "followups"):
        row(f"{split}: right above wrong, %", split, "pairs")
        row(f"{split}, with 20 entries of lists", f"{split}_20_distractors", "pairs")
        row(f"{split}, another turn's context", f"{split}_shuffled", "pairs")
    row("followups, with 50 entries of lists", "followups_50_distractors", "pairs")
    turns = {key: found["context_vector"][key]["turns"] for key in ("next_text", "dialogues", "followups")}
    fits, micros = found["calibration"], found["microseconds"]
    return "\n".join((
        f"Encoder `{found['model_id']}` on dialogues that training did not see; 95% intervals by bootstrap "
        "over dialogues. *Next text*: what the user said next against 99 texts of other turns "
        f"({turns['next_text']:,} turns). *Right above wrong*: what was said against the same with words "
        "that the context holds replaced by others that sound alike "
        f"({turns['dialogues']:,} turns of `dialogues`, {turns['followups']:,} of `followups`); so made, the "
        "right text repeats words of the context and the wrong ones do not, which word overlap counts and "
        "nothing else. Pairs compare texts of one turn, the AUC those of all turns on one scale. With "
        "another turn's context 50% is right; somewhat more comes from words that turns share.",
        "", *lines, "",
        f"`sigmoid(similarity)` of own against other turns' texts: log-loss {fits['log_loss']:.3f} (knowing "
        f"nothing: 0.693), calibration error {fits['ece']:.3f}, AUC {fits['auc']:.3f}. On one thread of the "
        "training machine, shared with other work, the graphs take "
        f"{micros['encode_32_items'][0]:.0f} µs (10th percentile {micros['encode_32_items'][1]:.0f}) for 32 "
        f"items and {micros['match_10_hypotheses'][0]:.0f} µs ({micros['match_10_hypotheses'][1]:.0f}) for "
        "ten hypotheses.",
    ))  # fmt: skip
