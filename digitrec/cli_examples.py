"""``python -m digitrec examples | adapt``.

The database and what reads it are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from typing import Any

from digitrec.cli_output import FAILED, complain, file_name, on_one_line
from digitrec.example import Example, Which, named
from digitrec.language import Sentence, _, ngettext, number, percent


def add(commands: Any) -> None:
    """Add the two commands to the parser's subcommands."""
    managing = commands.add_parser(
        "examples", help=_("import, list, export and delete corrections")
    )
    actions = managing.add_subparsers(required=True, metavar=_("ACTION"))

    def action(name: str, act: Any, help_: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(name, help=help_)
        parser.set_defaults(command=_examples, act=act)
        return parser

    importing = action(
        "import", _import, _("keep pictures named label__n.ext, or in a folder a digit")
    )
    importing.add_argument("source", type=file_name, metavar=_("FOLDER|ZIP"))
    importing.add_argument("--writer", metavar=_("NAME"), help=_("whose hand it is"))
    action("list", _list, _("all of them, the newest first"))
    exporting = action("export", _export, _("write all of them to a file"))
    exporting.add_argument("file", type=file_name, metavar=_("OUT.zip|OUT.npz|OUT.csv"))
    deleting = action("delete", _delete, _("put some into the bin"))
    deleting.add_argument("ids", type=int, nargs="+", metavar=_("ID"))

    adapting = commands.add_parser(
        "adapt",
        help=_("let the version in service learn the examples, in a minute or two"),
        description=_(
            "Fine-tunes the version in service on the examples, measures it on held-out ones and "
            "on MNIST's test set, and keeps it as another version."
        ),
    )
    adapting.add_argument(
        "--models", type=file_name, metavar=_("DIR"), help=_("where versions are kept")
    )
    adapting.add_argument("--serve", action="store_true", help=_("put it in service when done"))
    adapting.set_defaults(command=_adapt)


def _examples(parsed: argparse.Namespace) -> int:
    from digitrec.examples import ExamplesError

    try:
        status: int = parsed.act(parsed)
    except ExamplesError as error:
        complain(error)
        return FAILED
    return status


def _import(parsed: argparse.Namespace) -> int:
    from digitrec import examples, imports
    from digitrec.runtime import quietly

    try:
        found = imports.looked_into(parsed.source)
        with quietly():
            taken = imports.taken(found, writer=parsed.writer)
    except imports.ImportRefusedError as error:
        complain(error)
        return FAILED
    for name, why in taken.refused:
        complain(f"{name}: {why}")
    count = len(examples.add(taken.new).ids)
    said = ngettext(
        "{count} example kept, {left} left out", "{count} examples kept, {left} left out", count
    )
    print(said.format(count=count, left=len(taken.refused)))
    if taken.there:
        print(imports.already_there(taken.there))
    return FAILED if taken.refused or not (taken.new or taken.there) else 0


def _list(_parsed: argparse.Namespace) -> int:
    from digitrec import examples
    from digitrec.queries import BATCH

    print("id\tlabel\tread\tversion\tsource\twriter\twhen")
    page = 0
    while found := examples.find(Which(), BATCH, page * BATCH):
        print("\n".join(map(_line, found)))
        page += 1
    return 0


def _line(example: Example) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(example.created))
    read = "–" if example.read is None else named(example.read)
    names = (example.version or "–", example.source, example.writer or "–")
    return "\t".join((str(example.id), named(example.label), read, *names, when))


def _export(parsed: argparse.Namespace) -> int:
    from digitrec import exports

    try:
        count = exports.write(parsed.file)
    except exports.ExportError as error:
        complain(error)
        return FAILED
    said = ngettext("{count} example", "{count} examples", count).format(count=number(count))
    print(f"{on_one_line(parsed.file)}: {said}")
    return 0


def _delete(parsed: argparse.Namespace) -> int:
    from digitrec import examples

    examples.delete(parsed.ids)
    count = len(set(parsed.ids))
    said = ngettext(
        "{count} example put into the bin; the page Examples brings it back",
        "{count} examples put into the bin; the page Examples brings them back",
        count,
    )
    print(said.format(count=count))
    return 0


def _adapt(parsed: argparse.Namespace) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its greetings are not for our user
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # nor its advice to programmers

    from digitrec import adaptation, registry

    def tell(message: Sentence, progress: float) -> None:
        print(f"{percent(progress):>5}  {message}", file=sys.stderr, flush=True)

    try:
        report = adaptation.carry_out(parsed.models, serve=parsed.serve, tell=tell)
    except (adaptation.AdaptationError, registry.RegistryError) as error:
        complain(error)
        return FAILED
    print("\n".join(summary(report)), flush=True)
    return 0


def summary(report: dict[str, Any]) -> list[str]:
    """Before and after, as lines of a table."""
    on, test = report["examples"], report["comparison"]
    rows = [
        ("", _("before"), _("after"), _("of")),
        _row(_("held-out examples"), on["before"], on["after"], on["examples"]),
    ]
    for hand in on["writers"]:
        name = _("by {writer}").format(writer=hand["writer"] or _("an unknown hand"))
        rows.append(_row(f"  {name}", hand["before"], hand["after"], hand["examples"]))
    before, after = test["other_accuracy"], test["accuracy"]
    rows.append(_row(_("MNIST's test set"), before, after, report["data"]["test"]))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = []
    for name, *values in rows:
        aligned = (value.rjust(w) for value, w in zip(values, widths[1:], strict=True))
        lines.append("  ".join((name.ljust(widths[0]), *aligned)))
    return [*lines, _("The version {version} is written.").format(version=report["name"])]


def _row(name: str, before: float, after: float, count: int) -> tuple[str, str, str, str]:
    return name, percent(before, 2), percent(after, 2), number(count)
