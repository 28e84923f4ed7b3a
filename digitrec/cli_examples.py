"""``python -m digitrec examples | adapt``.

The database and what reads it are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from digitrec.example import NOT_A_DIGIT, Example, Which

FAILED = 1


def add(commands: Any) -> None:
    """Add the two commands to the parser's subcommands."""
    managing = commands.add_parser("examples", help="import, list, export and delete corrections")
    actions = managing.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, act: Any, help_: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(name, help=help_)
        parser.set_defaults(command=_examples, act=act)
        return parser

    importing = action(
        "import", _import, "keep pictures named label__n.ext, or in a folder a digit"
    )
    importing.add_argument("source", type=Path, metavar="FOLDER|ZIP")
    importing.add_argument("--writer", help="whose hand it is")
    action("list", _list, "all of them, the newest first")
    exporting = action("export", _export, "write all of them to a file")
    exporting.add_argument("file", type=Path, metavar="OUT.zip|OUT.npz|OUT.csv")
    deleting = action("delete", _delete, "put some into the bin")
    deleting.add_argument("ids", type=int, nargs="+", metavar="ID")

    adapting = commands.add_parser(
        "adapt",
        help="let the version in service learn the examples, in a minute or two",
        description="Fine-tunes the version in service on the examples, measures it on held-out "
        "ones and on MNIST's test set, and keeps it as another version.",
    )
    adapting.add_argument("--models", type=Path, metavar="DIR", help="where versions are kept")
    adapting.add_argument("--serve", action="store_true", help="put it in service when done")
    adapting.set_defaults(command=_adapt)


def _examples(parsed: argparse.Namespace) -> int:
    from digitrec.examples import ExamplesError

    try:
        status: int = parsed.act(parsed)
    except ExamplesError as error:
        _complain(error)
        return FAILED
    return status


def _import(parsed: argparse.Namespace) -> int:
    from digitrec import examples, imports

    try:
        found = imports.looked_into(parsed.source)
        taken = imports.taken(found, writer=parsed.writer)
    except imports.ImportRefusedError as error:
        _complain(error)
        return FAILED
    for name, why in taken.refused:
        print(f"{name}: {why}", file=sys.stderr, flush=True)
    count = len(taken.new)
    examples.add(taken.new)
    print(f"{count} example{'' if count == 1 else 's'} kept, {len(taken.refused)} left out")
    return FAILED if taken.refused or not taken.new else 0


def _list(_: argparse.Namespace) -> int:
    from digitrec import examples

    print("id\tlabel\tread\tversion\tsource\twriter\twhen")
    page = 0
    while found := examples.find(Which(), examples.BATCH, page * examples.BATCH):
        print("\n".join(map(_line, found)))
        page += 1
    return 0


def _line(example: Example) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(example.created))
    read = "–" if example.read is None else _named(example.read)
    names = (example.version or "–", example.source, example.writer or "–")
    return "\t".join((str(example.id), _named(example.label), read, *names, when))


def _named(label: int) -> str:
    return "not a digit" if label == NOT_A_DIGIT else str(label)


def _export(parsed: argparse.Namespace) -> int:
    from digitrec import exports

    try:
        count = exports.write(parsed.file)
    except exports.ExportError as error:
        _complain(error)
        return FAILED
    print(f"{parsed.file}: {count} example{'' if count == 1 else 's'}")
    return 0


def _delete(parsed: argparse.Namespace) -> int:
    from digitrec import examples

    examples.delete(parsed.ids)
    print(f"{len(set(parsed.ids))} in the bin; the page Examples brings them back")
    return 0


def _adapt(parsed: argparse.Namespace) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its greetings are not for our user

    from digitrec import adaptation, registry

    def tell(message: str, progress: float) -> None:
        print(f"{progress:4.0%}  {message}", file=sys.stderr, flush=True)

    try:
        report = adaptation.carry_out(parsed.models, serve=parsed.serve, tell=tell)
    except (adaptation.AdaptationError, registry.RegistryError) as error:
        _complain(error)
        return FAILED
    print("\n".join(summary(report)), flush=True)
    return 0


def summary(report: dict[str, Any]) -> list[str]:
    """Before and after, as lines of a table."""
    on, test = report["examples"], report["comparison"]
    rows = [
        ("", "before", "after", "of"),
        ("held-out examples", _percent(on["before"]), _percent(on["after"]), str(on["examples"])),
    ]
    for row in on["writers"]:
        name = f"  by {row['writer'] or 'an unknown hand'}"
        rows.append((name, _percent(row["before"]), _percent(row["after"]), str(row["examples"])))
    before, after = _percent(test["other_accuracy"]), _percent(test["accuracy"])
    rows.append(("MNIST's test set", before, after, str(report["data"]["test"])))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = []
    for name, *values in rows:
        aligned = (value.rjust(w) for value, w in zip(values, widths[1:], strict=True))
        lines.append("  ".join((name.ljust(widths[0]), *aligned)))
    return [*lines, f"The version {report['name']} is written."]


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _complain(error: Exception) -> None:
    print(error, file=sys.stderr, flush=True)
