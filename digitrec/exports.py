"""The examples as files: pictures in a zip, arrays in an npz, a table in a CSV."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from digitrec import backup, examples, storage
from digitrec.example import Example, Which
from digitrec.language import _
from digitrec.spreadsheet import harmless

COLUMNS = ("id", "label", "read", "version", "confidence", "source", "writer", "when")


class ExportError(ValueError):
    """The file cannot be written; the message says why."""


def write(path: Path, which: Which | None = None) -> int:
    """Write the kind that the name ends in, whole or not at all; returns how many examples.

    A link is written through, as by other programs.

    Raises `ExportError` and `examples.ExamplesError`.
    """
    make = KINDS.get(path.suffix.lower())
    if make is None:
        raise ExportError(
            _("{file} must end in {kinds}.").format(file=path, kinds=", ".join(KINDS))
        )
    content, count = make(which or Which())
    try:
        storage.write(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise ExportError(
            _("The file cannot be written: {why}").format(why=storage.reason(error))
        ) from error
    return count


def as_zip(which: Which) -> tuple[bytes, int]:
    """Crops as ``label__id.png``, the table, and all that `imports` needs to restore them."""
    buffer = io.BytesIO()
    found = []
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: PNGs are compressed already
        for example, crop in examples.every_with_crop(which):
            archive.writestr(f"examples/{backup.crop_name(example.label, example.id)}", crop)
            found.append(example)
        archive.writestr("examples/examples.csv", _table(found))
        archive.writestr(
            f"examples/{backup.FILE}", backup.packed(found), compress_type=zipfile.ZIP_DEFLATED
        )
    return buffer.getvalue(), len(found)


def as_npz(which: Which) -> tuple[bytes, int]:
    """x: (n, 28, 28) uint8, bright on dark. y: (n,) uint8, 10 for not a digit. id, writer: (n,)."""
    found = list(examples.every(which))
    return storage.npz(
        x=np.array([example.ink for example in found], np.uint8).reshape(-1, 28, 28),
        y=np.array([example.label for example in found], np.uint8),
        id=np.array([example.id for example in found], np.int64),
        writer=np.array([example.writer or "" for example in found], np.str_),
    ), len(found)


def as_csv(which: Which) -> tuple[bytes, int]:
    """The table alone, of `COLUMNS`."""
    found = list(examples.every(which))
    return _table(found), len(found)


KINDS: dict[str, Callable[[Which], tuple[bytes, int]]] = {
    ".zip": as_zip,
    ".npz": as_npz,
    ".csv": as_csv,
}


def _table(found: list[Example]) -> bytes:
    """In UTF-8, with the mark that Excel wants at its beginning: accents are garbled without."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for example in found:
        when = datetime.fromtimestamp(example.created, UTC).isoformat(timespec="seconds")
        names = (example.version, example.source, example.writer)
        version, source, writer = (harmless(name or "") for name in names)
        read = (example.read, version, example.confidence)
        table.writerow((example.id, example.label, *read, source, writer, when))
    return file.getvalue().encode("utf-8-sig")
