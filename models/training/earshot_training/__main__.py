"""``python -m earshot_training COMMAND``: train, ablation, measure, report, and a bias bundle's parts:
context, pronunciation, rescorer, bias-bundle."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="earshot_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str, data: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        if data:
            made.add_argument("--data", type=Path, required=True, help="folder of the data's files")
        made.add_argument("--report", type=Path, default=HERE, help="folder of report.md and .json")
        made.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
        made.add_argument("--work", type=Path, default=HERE / ".work",
                          help="folder of checkpoints and the teacher's cache; a run that is started "
                               "again goes on from what is there")  # fmt: skip
        return made

    made = command("train", "train, calibrate, export, evaluate and report; resumable")
    made.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    made.add_argument("--steps", type=int, help="training steps (default: the shipped bundle's)")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--version", default=time.strftime("%Y.%m.%d"), help="of the bundle")
    made = command("ablation", "compare what the user's context adds, and report; resumable")
    made.add_argument("--shared-steps", type=int, default=700)
    made.add_argument("--steps", type=int, default=200)
    made = command(
        "context", "train, calibrate, export and evaluate a bias bundle's context encoder; resumable"
    )
    made.add_argument("--out", type=Path, required=True, help="folder of the bias bundle")
    made.add_argument("--bundle", type=Path, default=HERE.parent / "default",
                      help="the shortlister's bundle, whose word vectors training begins with")  # fmt: skip
    made.add_argument("--steps", type=int, help="training steps (default: the shipped encoder's)")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--version", default=time.strftime("%Y.%m.%d"), help="of the bundle")
    made.add_argument("--measure", action="store_true", help="evaluate what is in the folder, no training")
    made = commands.add_parser("pronunciation", help="compile the lexicon, train letters to phones",
                               description="Writes lexicon.bin and g2p.bin of a bias bundle.")  # fmt: skip
    made.add_argument("--data", type=Path, required=True, help="folder of cmudict.dict.gz")
    made.add_argument("--out", type=Path, required=True, help="folder of the bias bundle")
    made.add_argument("--measure", action="store_true",
                      help="say how many words of a tenth held out are right; writes nothing")  # fmt: skip
    made = commands.add_parser("rescorer", help="train what rescores an n-best",
                               description="Writes rescorer.json of a bias bundle, and the scorers that "
                               "cross-fitted figures come from.")  # fmt: skip
    made.add_argument("--features", type=Path, required=True,
                      help="folder written by ./earshot eval bias --features")  # fmt: skip
    made.add_argument("--out", type=Path, required=True, help="folder of the bias bundle")
    made.add_argument("--scorers", type=Path, default=HERE / "scorers", help="folder of the folds' scorers")
    made.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    made = commands.add_parser("bias-bundle", help="write a bias bundle's manifest anew",
                               description="Writes the manifest of a folder of a bias bundle's parts, each "
                               "named after its role (lexicon.bin); what is not given stays.")  # fmt: skip
    made.add_argument("--out", type=Path, required=True, help="folder of the bias bundle")
    made.add_argument("--version", help="of the bundle")
    made.add_argument("--description")
    made.add_argument("--language", action="append", help="BCP 47, the main one first; repeatable")
    made.add_argument("--role", action="append", default=[], metavar="ROLE=FILE",
                      help="a file whose name does not say its role; repeatable")  # fmt: skip
    made = command("measure", "evaluate a bundle again and report")
    made.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    made = command("report", "render report.md and the tables of a README", data=False)
    made.add_argument("--readme", type=Path, nargs="+", help="default: this project's",
                      default=[HERE.parent / "README.md", HERE.parents[1] / "README.md"])  # fmt: skip
    return parser


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    # Idle OpenMP threads sleep instead of spinning: a shared machine's other work goes on.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from earshot_training import report

    if options.command == "report":
        report.write(options.report, {})
        for readme in options.readme:
            report.fill(readme, report.read(options.report / "report.json"))
        return

    if options.command == "bias-bundle":
        _bias_bundle(options)
        return

    if options.command == "pronunciation":
        _pronunciation(options)
        return

    import torch

    from earshot_training import data

    torch.set_num_threads(options.threads)
    if options.command == "context":
        _context(options)
        return
    if options.command == "rescorer":
        _rescorer(options)
        return
    corpus = data.load(options.data)
    if options.command == "measure":
        old = report.read(options.report / "report.json").get("training", {})
        figures = report.measure(corpus, options.out)
        for mode, own in figures["modes"].items():
            cross = old.get("modes", {}).get(mode, {}).get("cross_fitted")
            if cross and old.get("bundle_version") == figures["bundle_version"]:
                own["cross_fitted"] = cross
        report.write(options.report, {"training": figures})
        return

    from earshot_training.train import Settings, prepare

    settings = Settings()
    prepared = prepare(corpus, settings, options.work / "teacher")
    if options.command == "ablation":
        from earshot_training import ablation

        found = ablation.run(prepared, settings, options.shared_steps, options.steps,
                             options.work / "ablation", _say)  # fmt: skip
        report.write(options.report, {"ablation": found})
        return
    settings = replace(settings, steps=options.steps or settings.steps, seed=options.seed)
    _train(options, corpus, prepared, settings)


def _pronunciation(options) -> None:
    from earshot_training import bias_bundle, g2p, lexicon

    words = lexicon.read_cmudict(options.data / "cmudict.dict.gz")
    entries = [(word, sound) for word, sounds in words.items() if len(word) > 1 for sound in sounds]
    if options.measure:
        found = g2p.held_out_accuracy(entries, _say)
        print(
            f"{found['words']:,} words held out: {found['best']:.1%} right, "
            f"{found['best_two']:.1%} in the best two, {found['best_four']:.1%} in the best four"
        )
        return
    compiled = lexicon.compile_lexicon(words, lexicon.read_frequencies())
    (options.out / "lexicon.bin").write_bytes(compiled)
    (options.out / "g2p.bin").write_bytes(g2p.encode(g2p.train(entries, _say)))
    bias_bundle.write(options.out)


def _rescorer(options) -> None:
    from earshot_training import bias_bundle, rescorer

    names = rescorer.read_features(options.features)
    final, folds = {}, [{} for _ in range(rescorer.FOLDS)]
    for kind in rescorer.KINDS:
        sets = {name: rescorer.read_changes(options.features, name, len(names)) for name in kind.sets}
        scorer = rescorer.train(kind, sets, None)
        by_fold = [rescorer.train(kind, sets, fold) for fold in range(rescorer.FOLDS)]
        words = names.index("utterance_words")
        thresholds = [
            rescorer.choose_threshold(kind, most_harm, sets, words, scorer, by_fold, _say)
            for most_harm in (kind.most_harm, kind.most_harm_stated)
        ]
        final[kind] = (scorer, *thresholds)
        for fold, own in enumerate(by_fold):
            folds[fold][kind] = (own, *thresholds)
    (options.out / "rescorer.json").write_bytes(rescorer.encode(final, names))
    options.scorers.mkdir(parents=True, exist_ok=True)
    for fold, networks in enumerate(folds):
        (options.scorers / f"fold-{fold}.json").write_bytes(rescorer.encode(networks, names))
    bias_bundle.write(options.out)


def _bias_bundle(options) -> None:
    from earshot_training import bias_bundle

    roles = dict(role.split("=", 1) for role in options.role)
    manifest = bias_bundle.write(options.out, options.version, options.description, options.language, roles)
    size = sum(entry["bytes"] for entry in manifest["files"].values())
    print(f"{options.out}: {manifest['bundle_version']}, {size:,} bytes")
    for role, file in manifest["roles"].items():
        print(f"  {role:20}{file}")


def _context(options) -> None:
    from earshot_training import bias_bundle, report
    from earshot_training.context import calibrate, evaluate, export, golden
    from earshot_training.context.examples import Examples
    from earshot_training.context.train import Settings, prepare, train

    settings = Settings()
    settings = replace(settings, steps=options.steps or settings.steps, seed=options.seed)
    work = options.work / "context"
    prepared = prepare(options.data, options.bundle, settings, work)
    examples = Examples(prepared.turns.train, prepared.lexicon, prepared.confusions, prepared.people,
                        settings.seed)  # fmt: skip
    found: dict = {}
    if not options.measure:
        model = train(prepared, settings, work / "checkpoint.pt")
        found["fitted"] = calibrate.calibrate(model, examples, prepared.turns.held_out)
        _say(f"calibrated: {found['fitted']}")
        export.export(model, prepared.lexicon, options.out)
        golden.write(options.out)
        bias_bundle.write(options.out, options.version)
        found["settings"] = asdict(settings)
    _say("evaluating the bundle's graphs")
    found |= evaluate.measure(options.out, prepared.turns, examples)
    old = report.read(options.report / "report.json").get("context", {})
    report.write(options.report, {"context": old | found})
    print(evaluate.section(found))


def _train(options, corpus, prepared, settings) -> None:
    import numpy as np
    import torch

    from earshot_training import export, golden, report
    from earshot_training.calibrate import calibrate
    from earshot_training.data import Rows
    from earshot_training.train import train

    checkpoint = options.work / "checkpoint.pt"
    model = train(prepared, settings, checkpoint)
    minutes = torch.load(checkpoint, weights_only=True)["seconds"] / 60
    fitted = calibrate(model, prepared.lexicon, corpus, _say)
    _say("exporting")
    train_rows = corpus.train
    chosen = np.random.default_rng(settings.seed).choice(len(train_rows), 3000, replace=False)
    observed = Rows(
        [train_rows.texts[i] for i in chosen], [train_rows.users[i] for i in chosen],
        train_rows.skills[chosen], train_rows.enabled,
    )  # fmt: skip
    description = (
        f"Shortlister for English assistants: {len(corpus.skills):,} skills, trained on public "
        "intent corpora and skill descriptions with simulated enablement"
    )
    export.export(model, prepared.lexicon, corpus.skills, observed, options.out, options.version,
                  description, fitted.fitted)  # fmt: skip
    golden.write(options.out)
    export.refresh_manifest(options.out)
    _say("evaluating the bundle's graphs")
    figures = report.measure(corpus, options.out, fitted)
    report.write(options.report, {
        "training": figures,
        "run": {
            "settings": asdict(settings), "train_minutes": minutes,
            "machine": f"{options.threads} threads of {platform.machine()}",
        },
    })  # fmt: skip
    print(report.training_section(figures))


if __name__ == "__main__":
    main()
