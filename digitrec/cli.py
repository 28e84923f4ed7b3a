"""The command line: ``python -m digitrec read | evaluate | train | examples | …``.

Imports wait until a command needs them: `read` starts in a fifth of a second and never loads
TensorFlow.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from digitrec import __version__, cli_examples, cli_train
from digitrec.classifier import Classifier, ModelError, in_service
from digitrec.images import ImageError
from digitrec.reader import read
from digitrec.settings import settings

FAILED, UNUSABLE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141  # the last two as a shell would


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, or 1 when a part of the work failed."""
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    if hasattr(sys.stdout, "reconfigure"):  # a file's name need not be valid text
        sys.stdout.reconfigure(errors="surrogateescape")
    try:
        settings()
    except ValueError as error:
        _say(str(error), sys.stderr)
        return UNUSABLE
    try:
        status = command(parsed)
        sys.stdout.flush()
    except ModelError as error:
        _say(str(error), sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        _say("Stopped.", sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not find that out again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m digitrec", description="Reads handwritten numbers in pictures."
    )
    parser.add_argument("--version", action="version", version=f"digitrec {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    reading = commands.add_parser(
        "read",
        help="print the numbers in pictures",
        description="Prints one line a picture: its name, a tab, and the numbers read in it.",
    )
    reading.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="IMAGE|FOLDER",
        help="a picture, or a folder to read with all its subfolders",
    )
    reading.add_argument(
        "--json", action="store_true", help="print one JSON object a line, with boxes in pixels"
    )
    reading.set_defaults(command=_read)

    evaluating = commands.add_parser(
        "evaluate",
        help="measure the reading on pictures named label__n.ext",
        description="Prints how many pictures are read right, by subfolder. The label is the "
        "file's name before __; in it _ separates numbers. In a folder whose name ends in "
        "_scatter the numbers may come in any order.",
    )
    evaluating.add_argument("folder", type=Path, metavar="FOLDER")
    evaluating.set_defaults(command=_evaluate)

    cli_train.add(commands)
    cli_examples.add(commands)
    return parser


def _read(parsed: argparse.Namespace) -> int:
    paths, status = _files(parsed.paths)
    classifier = _classifier()
    pictures, say = _with_bar(paths)
    for path in pictures:
        try:
            reading = read(path, classifier)
        except ImageError as error:
            say(f"{path}: {error}", sys.stderr)
            status = FAILED
            continue
        if parsed.json:
            say(json.dumps({"file": str(path), **reading.to_dict()}), sys.stdout)
        else:
            say(f"{path}\t{reading.text}", sys.stdout)
    return status


def _evaluate(parsed: argparse.Namespace) -> int:
    from digitrec import evaluation

    paths, status = _files([parsed.folder])
    paths = [path for path in paths if evaluation.label(path) is not None]
    if not paths:
        _say(f"{parsed.folder}: There is no picture named label__n.ext here.", sys.stderr)
        return FAILED
    classifier = _classifier()
    scores: dict[str, list[evaluation.Score]] = defaultdict(list)
    pictures, say = _with_bar(paths)
    for path in pictures:
        subfolder = path.parent.relative_to(parsed.folder) if path != parsed.folder else Path()
        try:
            reading = read(path, classifier)
            score = evaluation.score(path, reading.text, reading.seconds)
        except ImageError as error:
            say(f"{path}: {error}", sys.stderr)
            status = FAILED
            score = evaluation.score(path, None)
        scores[str(subfolder)].append(score)
    _say(evaluation.table(scores), sys.stdout)
    return status


def _classifier() -> Classifier:
    with _unheard():
        classifier = in_service()
    if classifier.notice:
        _say(classifier.notice, sys.stderr)
    return classifier


@contextmanager
def _unheard() -> Iterator[None]:
    """Without what LiteRT's C++ part prints on stderr as it starts, which no setting silences."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _files(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """The files named and those in the folders named, hidden ones aside; and the exit status."""
    files: list[Path] = []
    status = 0
    for path in paths:
        if not path.is_dir():
            files.append(path)  # a missing one too: reading it says so
            continue
        refused: list[OSError] = []
        found = [
            Path(folder, name)
            for folder, _, names in os.walk(path, onerror=refused.append)
            for name in names
            if not any(part.startswith(".") for part in Path(folder, name).relative_to(path).parts)
        ]
        for error in refused:
            _say(f"{error.filename}: This folder may not be opened: {error.strerror}.", sys.stderr)
        if not found and not refused:
            _say(f"{path}: This folder holds no files.", sys.stderr)
        if refused or not found:
            status = FAILED
        files += sorted((file for file in found if file.is_file()), key=_natural)
    return files, status


def _natural(path: Path) -> list[tuple[tuple[int, int | str], ...]]:
    """Sorts as people count: page 2 before page 10."""
    return [
        tuple((0, int(run)) if run.isdecimal() else (1, run) for run in re.split(r"(\d+)", part))
        for part in path.parts
    ]


def _with_bar(paths: list[Path]) -> tuple[Iterable[Path], Callable[[str, TextIO], None]]:
    """The paths with a progress bar on a terminal, and a way to print that spares the bar."""
    if len(paths) < 2 or not sys.stderr.isatty():
        return paths, _say
    from tqdm import tqdm

    return tqdm(paths, unit="picture", leave=False, file=sys.stderr), tqdm.write


def _say(line: str, file: TextIO) -> None:
    print(line, file=file, flush=True)
