"""The command line: ``python -m digitrec read | evaluate | train | examples | …``.

Imports wait until a command needs them: `read` starts in a fifth of a second and never loads
TensorFlow.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

from digitrec import __version__, cli_examples, cli_train, cli_words
from digitrec.classifier import Classifier, in_service
from digitrec.cli_output import FAILED, complain, file_name, on_one_line, open_streams
from digitrec.images import ImageError
from digitrec.language import _, ngettext
from digitrec.reader import line_notice, read
from digitrec.runtime import ModelError, quietly
from digitrec.settings import settings
from digitrec.storage import reason, words

UNUSABLE, INTERRUPTED, BROKEN_PIPE = 2, 130, 141  # the last two as a shell would

Picture = TypeVar("Picture")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    0; 1 when a part of the work failed; 2 when none of it can be done, as for argparse; 130 after
    Ctrl-C, and 141 when whoever read our output has gone.
    """
    open_streams()
    try:
        settings()  # first, for the language of the parser
    except ValueError as error:
        complain(error)
        return UNUSABLE
    try:
        try:
            parsed = _parser().parse_args(arguments)
            command: Callable[[argparse.Namespace], int] = parsed.command
            status = command(parsed)
        finally:
            sys.stdout.flush()  # here, where it is told what keeps it from being written
    except ModelError as error:
        complain(error)
        return UNUSABLE
    except KeyboardInterrupt:
        complain(_("Stopped."))
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        _give_up_output()
        return BROKEN_PIPE
    except OSError as error:  # the disk that our output goes to is full, say
        _give_up_output()
        complain(_("Stopped: {why}").format(why=reason(error)))
        return FAILED
    return status


def _give_up_output() -> None:
    """Python is not to find out again at its exit that what is left cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    cli_words.translate()
    parser = argparse.ArgumentParser(
        prog="python -m digitrec", description=_("Reads handwritten numbers in pictures.")
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"digitrec {__version__}",
        help=_("show the version's number and exit"),
    )
    commands = parser.add_subparsers(required=True, metavar=_("COMMAND"))

    reading = commands.add_parser(
        "read",
        help=_("print the numbers in pictures"),
        description=_("Prints one line a picture: its name, a tab, and the numbers read in it."),
    )
    reading.add_argument(
        "paths",
        nargs="+",
        type=file_name,
        metavar=_("IMAGE|FOLDER"),
        help=_("a picture, or a folder to read with all its subfolders"),
    )
    form = reading.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help=_("print one JSON object a line, with boxes in pixels")
    )
    form.add_argument(
        "--out",
        type=file_name,
        metavar=_("FILE"),
        help=_(
            "read with every core into a .csv, .jsonl or .parquet file; one that is there "
            "already is gone on with"
        ),
    )
    reading.add_argument(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help=_("with --out: read on the Ray cluster that RAY_ADDRESS names"),
    )
    reading.set_defaults(command=_read)

    evaluating = commands.add_parser(
        "evaluate",
        help=_("measure the reading on pictures named label__n.ext"),
        description=_(
            "Prints how many pictures are read right, by subfolder. The label is the file's name "
            "before __; in it _ separates numbers. In a folder whose name ends in _scatter the "
            "numbers may come in any order."
        ),
    )
    evaluating.add_argument("folder", type=file_name, metavar=_("FOLDER"))
    evaluating.set_defaults(command=_evaluate)

    cli_train.add(commands)
    cli_examples.add(commands)
    return parser


def _read(parsed: argparse.Namespace) -> int:
    if parsed.out is not None:
        return _read_into(parsed)
    if parsed.engine != "local":
        complain(_("--engine {engine} needs --out.").format(engine=parsed.engine))
        return UNUSABLE
    paths, status = _files(parsed.paths)
    classifier = _classifier()
    pictures, say = _with_bar(paths, len(paths))
    for path in pictures:
        try:
            reading = read(path, classifier)
        except ImageError as error:
            say(f"{on_one_line(path)}: {error}", sys.stderr)
            status = FAILED
            continue
        if parsed.json:
            say(json.dumps({"file": str(path), **reading.to_dict()}), sys.stdout)
        else:
            say(f"{on_one_line(path)}\t{reading.written}", sys.stdout)
    return status


def _read_into(parsed: argparse.Namespace) -> int:
    """Read into a file; what is in it already is not read again."""
    from digitrec import bulk, cluster, outputs

    readings = cluster.readings if parsed.engine == "ray" else bulk.readings
    complete = False
    try:
        output = outputs.open_output(parsed.out)
        try:
            paths, status = _files(parsed.paths)
            paths = [path for path in dict.fromkeys(paths) if not _same(path, parsed.out)]
            outcomes = [output.failed(str(path)) for path in paths]
            failed = outcomes.count(True)
            left = [path for path, seen in zip(paths, outcomes, strict=True) if seen is None]
            version = settings().models / _classifier().name
            bar, say = _with_bar(readings(left, version), len(paths), len(paths) - len(left))
            for row in bar:
                output.add(row)
                if "error" in row:
                    failed += 1
                    say(f"{on_one_line(row['file'])}: {row['error']}", sys.stderr)
            complete = True
        finally:
            output.close(complete=complete)
    except (bulk.BulkError, cluster.ClusterError) as error:
        complain(error)
        return UNUSABLE
    count, before = len(paths), len(paths) - len(left)
    if before:
        told = ngettext(
            "{file}: {read} of {count} picture read, {before} of them before.",
            "{file}: {read} of {count} pictures read, {before} of them before.",
            count,
        )
    else:
        told = ngettext(
            "{file}: {read} of {count} picture read.",
            "{file}: {read} of {count} pictures read.",
            count,
        )
    told = told.format(
        file=on_one_line(parsed.out), read=count - failed, count=count, before=before
    )
    _say(told, sys.stdout)
    return FAILED if failed else status


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there
        return False


def _evaluate(parsed: argparse.Namespace) -> int:
    from digitrec import evaluation

    try:
        parsed.folder.stat()
    except OSError as error:
        complain(f"{parsed.folder}: {_unopened(error)}")
        return FAILED
    files, status = _files([parsed.folder])
    paths = [path for path in files if evaluation.label(path) is not None]
    if not paths:
        if files:  # else it has been said why there are none
            none = _("There is no picture named label__n.ext here.")
            complain(f"{parsed.folder}: {none}")
        return FAILED
    classifier = _classifier()
    scores: dict[str, list[evaluation.Score]] = defaultdict(list)
    pictures, say = _with_bar(paths, len(paths))
    for path in pictures:
        subfolder = path.parent.relative_to(parsed.folder) if path != parsed.folder else Path()
        try:
            reading = read(path, classifier)
            score = evaluation.score(path, reading.text, reading.seconds)
        except ImageError as error:
            say(f"{on_one_line(path)}: {error}", sys.stderr)
            status = FAILED
            score = evaluation.score(path, None)
        scores[str(subfolder)].append(score)
    _say(evaluation.table(scores), sys.stdout)
    return status


def _classifier() -> Classifier:
    with quietly():
        classifier = in_service()
        notices = filter(None, (classifier.notice, line_notice()))
    for notice in notices:
        complain(notice)
    return classifier


def _files(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """The files named and those in the folders named, hidden ones aside; and the exit status."""
    files: list[Path] = []
    status = 0
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112  Path.is_dir raises for too long a name
            files.append(path)  # a missing one too: reading it says so
            continue
        refused: list[OSError] = []
        found = [
            Path(folder, name)
            for folder, _folders, names in os.walk(path, onerror=refused.append)
            for name in names
            if not any(part.startswith(".") for part in Path(folder, name).relative_to(path).parts)
        ]
        for error in refused:
            complain(f"{error.filename}: {_unopened(error)}")
        if not found and not refused:
            none = _("This folder holds no files.")
            complain(f"{path}: {none}")
        if refused or not found:
            status = FAILED
        files += sorted(filter(_may_be_read, found), key=_natural)
    return files, status


def _unopened(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return _("There is no such folder.")
    return _("This folder may not be opened: {why}.").format(why=words(error, reading=True))


def _may_be_read(path: Path) -> bool:
    """Reading a pipe would wait for ever; for what cannot be looked at, reading says why."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def _natural(path: Path) -> list[tuple[tuple[int, int | str], ...]]:
    """Sorts as people count: page 2 before page 10."""
    return [
        tuple((0, int(run)) if run.isdecimal() else (1, run) for run in re.split(r"(\d+)", part))
        for part in path.parts
    ]


def _with_bar(
    pictures: Iterable[Picture], count: int, done: int = 0
) -> tuple[Iterable[Picture], Callable[[str, TextIO], None]]:
    """The pictures with a progress bar on a terminal, and a way to print that spares the bar."""
    if count < 2 or not sys.stderr.isatty():
        return pictures, _say
    from tqdm import tqdm

    unit = _("picture")
    bar = tqdm(pictures, total=count, initial=done, unit=unit, leave=False, file=sys.stderr)
    return bar, tqdm.write


def _say(line: str, file: TextIO) -> None:
    print(line, file=file, flush=True)
