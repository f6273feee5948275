"""``python -m earshot_training.predict``: the int8 graphs' answers to every development row.

``./earshot eval parity`` compares them with the server's own.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from earshot_training import data
from earshot_training.bundle import Bundle

TOP = 20


def write(bundle: Bundle, rows: data.Rows, out: Path) -> None:
    """Two lines for each row, without and with its user: JSON, gzip.

    ``{"row", "mode", "word_ids", "top": [[skill row, log probability], … 20], "scope_score"}``
    """
    encoded = [bundle.tokenizer.encode(text) for text in rows.texts]
    none = np.zeros(0, np.int64)
    modes = {
        "context_free": [none] * len(rows),
        "personal": [np.sort(rows.enabled.get(user, none)) for user in rows.users],
    }
    with gzip.open(out, "wt", encoding="ascii", newline="\n") as lines:
        for mode, enabled in modes.items():
            found = bundle.shortlist(encoded, enabled, TOP)
            for row, text in enumerate(encoded):
                top = zip(found.indices[row].tolist(), found.log_probabilities[row].tolist())
                line = {
                    "row": row,
                    "mode": mode,
                    "word_ids": text.word_ids,
                    "top": list(top),
                    "scope_score": float(found.scope_scores[row]),
                }
                lines.write(json.dumps(line) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data's files")
    parser.add_argument("--out", type=Path, required=True, help="the answers (.jsonl.gz)")
    options = parser.parse_args()
    write(Bundle(options.bundle), data.load(options.data).dev, options.out)


if __name__ == "__main__":
    main()
