"""``python -m digitrec train | models | export``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Self

from digitrec import jobs, registry
from digitrec.cli_output import FAILED, complain, file_name, on_one_line
from digitrec.language import N_, _, number, percent
from digitrec.recipes import RECIPES, Plan, PlanError
from digitrec.runs import Run, part_name
from digitrec.settings import settings
from digitrec.versions import Version

SERVING = N_("{version} is in service")


def add(commands: Any) -> None:
    """Add the three commands to the parser's subcommands."""
    _add_train(commands)
    _add_models(commands)
    exporting = commands.add_parser(
        "export",
        help=_("write a version in another format"),
        description=_(
            "Writes a version as model.json and final_model.h5, the way the tutorial saves it, "
            "loads it again and reads MNIST's first ten test digits with it."
        ),
    )
    exporting.add_argument(
        "version", nargs="?", metavar=_("VERSION"), help=_("default: the one in service")
    )
    # The only one so far; the specified command names it.
    exporting.add_argument("--format", choices=["json+h5"], default="json+h5")
    exporting.add_argument(
        "--output", type=file_name, metavar=_("DIR"), help=_("default: the version's own")
    )
    _add_folder(exporting)
    exporting.set_defaults(command=_export)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", type=file_name, metavar=_("DIR"), help=_("where versions are kept")
    )


def _add_train(commands: Any) -> None:
    training = commands.add_parser(
        "train",
        help=_("cross-validate and train a network, and keep it as a version"),
        description=_(
            "Cross-validates a recipe on the MNIST data that comes with digitrec, trains it on all "
            "of it, measures it on the test set and writes a version folder."
        ),
    )
    schedules = [name for schedules in RECIPES.values() for name in schedules]
    training.add_argument("--recipe", choices=list(RECIPES), default="compact")
    training.add_argument(
        "--schedule",
        choices=schedules,
        help=_(
            "of compact: full, without folds, is how the shipped version is made; with --folds "
            "the default is quick"
        ),
    )
    training.add_argument("--folds", type=int, metavar="K", help=_("2 to 10, or 0 for none"))
    training.add_argument("--epochs", type=int, metavar="N", help=_("passes over the data"))
    training.add_argument("--batch-size", type=int, metavar="B", help=_("images a step"))
    training.add_argument("--learning-rate", type=float, metavar="L", help=_("at its highest"))
    training.add_argument("--limit", type=int, metavar="M", help=_("use the first M images only"))
    training.add_argument(
        "--examples", action="store_true", help=_("learn from the corrected digits too")
    )
    training.add_argument(
        "--name",
        metavar=_("NAME"),
        help=_("the version's name (default: the recipe and the time)"),
    )
    training.add_argument("--seed", type=int, metavar="S", help=_("default: 1"))
    _add_folder(training)
    training.add_argument("--serve", action="store_true", help=_("put it in service when done"))
    training.add_argument(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help=_("ray: the folds on the cluster that RAY_ADDRESS names"),
    )
    training.add_argument("--resume", metavar=_("RUN"), help=_("go on with a run that broke off"))
    training.set_defaults(command=_train)


def _add_models(commands: Any) -> None:
    managing = commands.add_parser("models", help=_("list, serve, roll back and tidy the versions"))
    actions = managing.add_subparsers(required=True, metavar=_("ACTION"))
    metavars = {"version": _("VERSION"), "name": _("NAME"), "note": _("NOTE")}

    def action(name: str, act: Any, help_: str, *arguments: str) -> None:
        parser = actions.add_parser(name, help=help_)
        for argument in arguments:
            parser.add_argument(argument, metavar=metavars[argument])
        _add_folder(parser)
        parser.set_defaults(command=_models, act=act)

    action("list", _list, _("all versions, the one in service first"))
    action("show", _show, _("a version's report"), "version")
    action("serve", _serve, _("put a version in service"), "version")
    action("rollback", _rollback, _("put back the version that served before"))
    action("rename", _rename, _("give a version another name"), "version", "name")
    action("note", _note, _("keep a few words with a version"), "version", "note")
    action("delete", _delete, _("delete a version that is not in service"), "version")


def _train(parsed: argparse.Namespace) -> int:
    from digitrec.cluster import ClusterError
    from digitrec.cluster_training import OnRay
    from digitrec.crossval import OnThisMachine, RunError, carry_out

    try:
        engine = OnRay() if parsed.engine == "ray" else OnThisMachine()
        if parsed.resume is not None:
            folder, lock = jobs.reopen(parsed.resume, parsed.models)
        else:
            plan = Plan.of(
                parsed.recipe,
                parsed.schedule,
                folds=parsed.folds,
                epochs=parsed.epochs,
                batch_size=parsed.batch_size,
                learning_rate=parsed.learning_rate,
                images=parsed.limit,
                seed=parsed.seed,
                name=parsed.name,
                serve=parsed.serve,
                examples=parsed.examples,
            )
            folder, lock = jobs.prepare(plan, parsed.models)
    except (PlanError, jobs.JobError, ClusterError) as error:
        complain(error)
        return FAILED
    try:
        with _Bar() as bar:
            name = carry_out(folder, bar.show, engine)
    except RunError as error:
        complain(error)
        return FAILED
    except (KeyboardInterrupt, BrokenPipeError):
        complain(_("Go on with --resume {run}.").format(run=folder.name))
        raise
    finally:
        lock.close()
    print(_summary(name, folder.parent.parent), flush=True)
    return 0


class _Bar:
    """Progress on a terminal; elsewhere a line an epoch."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self.told: set[tuple[str, int]] = set()
        form = "{percentage:3.0f}% |{bar}| {desc} {elapsed}<{postfix}"
        self.bar = tqdm(
            total=1.0, bar_format=form, leave=False, disable=not sys.stderr.isatty(), delay=0.1
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def show(self, run: Run) -> None:
        for part in run.parts.values():
            if part.history and (part.name, part.epoch) not in self.told:
                self.told.add((part.name, part.epoch))
                last = part.history[-1]
                line = _(
                    "{part}  epoch {epoch}/{epochs}  loss {loss}  held-out accuracy {accuracy}  "
                    "{seconds} s"
                ).format(
                    part=part_name(part.name),
                    epoch=part.epoch,
                    epochs=part.epochs,
                    loss=number(last.loss, 4),
                    accuracy=number(last.val_accuracy, 4),
                    seconds=number(last.seconds),
                )
                self.bar.write(line) if not self.bar.disable else print(line, flush=True)
        left = run.seconds_left()
        in_words = "?" if left is None else self.bar.format_interval(left)
        self.bar.set_postfix_str(in_words, refresh=False)
        running = [
            str(part_name(part.name)) for part in run.parts.values() if part.state == "running"
        ]
        self.bar.set_description_str(", ".join(running), refresh=False)
        self.bar.update(run.progress - self.bar.n)


def _summary(name: str, models: Path) -> str:
    from digitrec.report import summary, verdict

    report = registry.report(name, models)
    lines = [
        _("Fold {number}: {accuracy}").format(number=k, accuracy=percent(fold["accuracy"], 3))
        for k, fold in enumerate(report["folds"], 1)
    ]
    if line := summary(report):
        lines.append(line)
    if report["comparison"]:
        lines.append(verdict(report["comparison"]))
    said = _("{folder}: {share} of MNIST's test digits right")
    lines.append(
        said.format(folder=on_one_line(models / name), share=percent(report["test"]["accuracy"], 2))
    )
    return "\n".join(lines)


def _models(parsed: argparse.Namespace) -> int:
    try:
        print(parsed.act(parsed), flush=True)
    except registry.RegistryError as error:
        complain(error)
        return FAILED
    return 0


def _list(parsed: argparse.Namespace) -> str:
    versions = registry.versions(parsed.models)
    if not versions:
        none = _("No version can be found in {folder}.")
        raise registry.RegistryError(none.format(folder=parsed.models or settings().models))
    head = ("", _("version"), _("date"), _("recipe"), _("cross-validated"), _("test"), _("MB"))
    rows = [(*head, _("note"))] + [
        (
            "*" if version.in_service else "",
            version.name,
            (version.created or "–")[:10],
            " ".join(filter(None, (version.recipe, version.schedule))) or "–",
            _plus_minus(version),
            "–" if version.test_accuracy is None else number(100 * version.test_accuracy, 2),
            number(version.bytes / 1e6, 1),
            str(version.damaged or version.note),
        )
        for version in versions
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _plus_minus(version: Version) -> str:
    if version.mean is None or version.std is None:
        return "–"
    return f"{number(100 * version.mean, 3)} ± {number(100 * version.std, 3)}"


def _show(parsed: argparse.Namespace) -> str:
    report = registry.report(parsed.version, parsed.models)
    report.pop("mistakes", None)  # pictures
    return json.dumps(report, indent=1)


def _serve(parsed: argparse.Namespace) -> str:
    registry.serve(parsed.version, parsed.models)
    return _(SERVING).format(version=parsed.version)


def _rollback(parsed: argparse.Namespace) -> str:
    return _(SERVING).format(version=registry.rollback(parsed.models))


def _rename(parsed: argparse.Namespace) -> str:
    registry.rename(parsed.version, parsed.name, parsed.models)
    return _("{version} is now {name}").format(version=parsed.version, name=parsed.name)


def _note(parsed: argparse.Namespace) -> str:
    registry.annotate(parsed.version, parsed.note, parsed.models)
    return f"{parsed.version}: {registry.version(parsed.version, parsed.models).note}"


def _delete(parsed: argparse.Namespace) -> str:
    registry.delete(parsed.version, parsed.models)
    return _("{version} is deleted").format(version=parsed.version)


def _export(parsed: argparse.Namespace) -> int:
    from digitrec.datasets import DatasetError, as_input, mnist
    from digitrec.runtime import quietly

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its greetings are not for our user
    logging.getLogger("absl").setLevel(logging.ERROR)  # nor Keras's advice against HDF5
    with quietly():  # nor the greetings that do not heed the level
        from digitrec.export import as_tutorial
        from digitrec.training import TrainingError

    try:
        name = parsed.version or registry.in_service(parsed.models)
        version = registry.version(name, parsed.models)
        data = mnist()
        folder = parsed.output or version.folder
        written, digits = as_tutorial(version.folder, folder, as_input(data.x_test[:10]))
    except (registry.RegistryError, DatasetError, TrainingError) as error:
        complain(error)
        return FAILED
    for path in written:
        print(on_one_line(path))
    said = _("Loaded again, it reads MNIST's first ten test digits as {digits}.")
    print(said.format(digits=digits), flush=True)
    return 0
