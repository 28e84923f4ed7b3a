"""Files of readings that can be gone on with: ``.csv``, ``.jsonl`` and ``.parquet``.

A row is there whole or not at all: what a death left of the last one is cut off when the file is
opened again. One process at a time writes a file.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from digitrec import storage
from digitrec.bulk import BulkError, Row
from digitrec.language import _
from digitrec.spreadsheet import as_it_was, harmless

COLUMNS = ("file", "text", "written", "confidence", "refused", "seconds", "error")
KINDS = (".csv", ".jsonl", ".parquet")


class Output(Protocol):
    """An open file of readings. Its methods raise `BulkError` when it cannot be written."""

    def failed(self, file: str) -> bool | None:
        """Of a picture that has a row, whether it could not be read; None where it has none."""

    def add(self, row: Row) -> None: ...

    def close(self, *, complete: bool) -> None: ...


def open_output(path: Path) -> Output:
    """A new file, or an old one to go on with; its name's ending says of which kind.

    Raises `BulkError` for another ending, for a file that holds something else or that another
    process writes, and when it cannot be written.
    """
    if path.suffix not in KINDS:
        raise BulkError(
            _("{file}: the name must end in {kinds} or {last}.").format(
                file=path, kinds=", ".join(KINDS[:-1]), last=KINDS[-1]
            )
        )
    try:
        if path.suffix == ".parquet":
            return _Parquet(path)
        return _Lines(path, path, _CSV if path.suffix == ".csv" else _JSONL)
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> BulkError:
    return BulkError(
        _("{file} cannot be written: {why}").format(file=path, why=storage.reason(error))
    )


def _foreign(path: Path) -> BulkError:
    return BulkError(
        _("{file} holds something else than readings; choose another name.").format(file=path)
    )


def flat(row: Row) -> tuple[Any, ...]:
    """A row's values of `COLUMNS`: None where there is none.

    confidence: the probability that all numbers are right.
    """
    if "error" in row:
        return (row["file"], "", "", None, None, None, row["error"])
    confidences = [number["confidence"] for number in row["numbers"]]
    confidence = round(math.prod(confidences), 4) if confidences else None
    written = row.get("written", row["text"])  # older rows, which may wait for the rest, lack it
    refused, seconds = len(row["refused"]), row["seconds"]
    return row["file"], row["text"], written, confidence, refused, seconds, None


@dataclass(frozen=True)
class _Format:
    head: bytes  # of the file
    start: bytes  # of each line
    dump: Callable[[Row], bytes]  # to a line
    load: Callable[[bytes], tuple[str, bool]]  # a line's file, and whether it could not be read
    whole: Callable[[bytes], bool]  # whether a line that ends here is all there


def _csv_line(values: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    end = "\r\n"  # up to Python 3.12, what may end a line is quoted only if it is in this
    csv.writer(text, lineterminator=end).writerow(values)
    line = text.getvalue().removesuffix(end) + "\n"
    return line.encode(errors="surrogateescape")  # a file's name need not be valid text


def _from_csv(line: bytes) -> tuple[str, bool]:
    (values,) = csv.reader(io.StringIO(line.decode(errors="surrogateescape"), newline=""))
    if len(values) != len(COLUMNS):
        raise ValueError(values)
    return as_it_was(values[0]), bool(values[-1])


def _to_csv(row: Row) -> bytes:
    file, *rest = flat(row)
    return _csv_line((harmless(file), *rest))


def _from_json(line: bytes) -> tuple[str, bool]:
    row = json.loads(line)
    return str(row["file"]), "error" in row


_CSV = _Format(
    head=_csv_line(COLUMNS),
    start=b"",
    dump=_to_csv,
    load=_from_csv,
    whole=lambda line: line.count(b'"') % 2 == 0,  # else it breaks within a file's name
)
_JSONL = _Format(
    head=b"",
    start=b'{"file": ',
    dump=lambda row: json.dumps(row).encode() + b"\n",
    load=_from_json,
    whole=lambda _: True,
)


class _Lines:
    def __init__(self, path: Path, shown: Path, form: _Format) -> None:
        handle = storage.lock(path)
        while handle is not None and not os.fstat(handle).st_nlink:  # its writer has removed it
            os.close(handle)
            handle = storage.lock(path)
        if handle is None:
            raise BulkError(
                _("Another process is writing {file}; wait until it ends.").format(file=shown)
            )
        self.path, self.shown, self.form = path, shown, form
        self.file: BinaryIO = os.fdopen(handle, "r+b")
        try:
            self.known, end = self._known()
            self._mend(end)
        except BaseException:
            self.file.close()
            raise

    def _known(self) -> tuple[dict[str, bool], int]:
        """The files that have rows, whether each could not be read, and where the rows end."""
        head = self.file.read(len(self.form.head))
        if not self.form.head.startswith(head):
            raise _foreign(self.shown)
        known: dict[str, bool] = {}
        end = len(head)
        try:
            for line in self.lines():
                file, failed = self.form.load(line)
                known[file] = failed
                end += len(line)
        except (ValueError, KeyError, TypeError, csv.Error) as error:
            raise _foreign(self.shown) from error
        return known, end

    def _mend(self, end: int) -> None:
        """Cut off what a death left of the last row, if it is one."""
        self.file.seek(end)
        left = self.file.read(len(self.form.start))
        if not self.form.start.startswith(left):
            raise _foreign(self.shown)
        self.file.truncate(end)
        self.file.seek(end)
        if end < len(self.form.head):
            self.file.seek(0)
            self.file.write(self.form.head)

    def lines(self) -> Iterator[bytes]:
        """The whole lines."""
        self.file.seek(len(self.form.head))
        line = b""
        for part in self.file:
            line += part
            if line.endswith(b"\n") and self.form.whole(line):
                yield line
                line = b""

    def failed(self, file: str) -> bool | None:
        return self.known.get(file)

    def add(self, row: Row) -> None:
        try:
            self.file.write(self.form.dump(row))
            self.file.flush()
        except OSError as error:
            raise _refused(self.shown, error) from error

    def close(self, *, complete: bool) -> None:  # noqa: ARG002  each row is there already
        try:
            os.fsync(self.file.fileno())
            self.file.close()
        except OSError as error:
            raise _refused(self.shown, error) from error


class _Parquet:
    """Rows wait in a file of lines beside it: a Parquet file can only be written whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting = _Lines(path.with_name(f".{path.name}.jsonl"), path, _JSONL)
        try:
            self.before = self._read() if path.exists() else None
        except BaseException:
            if not self.waiting.known:
                self.waiting.path.unlink()
            self.waiting.file.close()
            raise
        known = self.before.select(["file", "error"]).to_pylist() if self.before else []
        self.kept = {row["file"]: row["error"] is not None for row in known}

    def _read(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(self.path)
            if table.schema.names != list(COLUMNS):
                raise _foreign(self.path)
            return table.cast(_schema())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise _foreign(self.path) from error

    def failed(self, file: str) -> bool | None:
        return self.kept.get(_valid(file), self.waiting.failed(_valid(file)))

    def add(self, row: Row) -> None:
        self.waiting.add(row | {"file": _valid(row["file"])})

    def close(self, *, complete: bool) -> None:
        if complete:
            try:
                # Through a link, as lines are written.
                storage.write(Path(os.path.realpath(self.path)), self._content())
                self.waiting.path.unlink()
            except OSError as error:
                raise _refused(self.path, error) from error
        self.waiting.close(complete=complete)

    def _content(self) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = _schema()
        rows = (flat(json.loads(line)) for line in self.waiting.lines())
        fresh = [row for row in rows if row[0] not in self.kept]
        columns = zip(*fresh, strict=True) if fresh else [()] * len(COLUMNS)
        arrays = [pa.array(c, kind) for c, kind in zip(columns, schema.types, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=schema)
        if self.before is not None:
            table = pa.concat_tables([self.before, table])
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        return buffer.getvalue()


def _schema() -> Any:
    import pyarrow as pa

    kinds = (*[pa.string()] * 3, pa.float64(), pa.int32(), pa.float64(), pa.string())
    return pa.schema(list(zip(COLUMNS, kinds, strict=True)))


def _valid(name: str) -> str:
    """A file's name need not be text, and in Parquet must be."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
