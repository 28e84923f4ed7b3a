"""Examples to the bit: what an export holds beside their crops, so that an import restores them.

It is one array in NumPy's ``.npy``, an example a row: its size and its dtype are checked before
any of it is looked at, and nothing in it can be run.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from digitrec.example import NOT_A_DIGIT, NOT_A_DIGIT_NAME, Example, New
from digitrec.settings import settings

FILE = "digitrec.npy"
NOTHING = -1  # for what was read, where nothing was
HEAD = 1_024  # bytes before the rows, at most
LATEST = 1e10  # unix seconds, in the year 2286: a date that every system can write
ROW = np.dtype(
    [
        ("id", "<i8"),
        ("label", "u1"),
        ("read", "i1"),
        ("confidence", "<f8"),  # not a number where there is none
        ("created", "<f8"),
        *((name, "S256") for name in ("version", "source", "writer")),  # 64 letters of UTF-8
        ("ink", "u1", (28, 28)),
    ]
)


def crop_name(label: int, id_: int) -> str:
    """``label__id.png``, which is understood without the array too."""
    return f"{NOT_A_DIGIT_NAME if label == NOT_A_DIGIT else label}__{id_}.png"


def largest() -> int:
    """Bytes of the file for as many examples as may be kept."""
    return HEAD + settings().max_examples * ROW.itemsize


def packed(found: Sequence[Example]) -> bytes:
    """The content of `FILE`."""
    rows = [
        (
            one.id,
            one.label,
            NOTHING if one.read is None else one.read,
            np.nan if one.confidence is None else one.confidence,
            one.created,
            *((name or "").encode() for name in (one.version, one.source, one.writer)),
            one.ink,
        )
        for one in found
    ]
    file = io.BytesIO()
    np.lib.format.write_array(file, np.array(rows, ROW), version=(1, 0), allow_pickle=False)
    return file.getvalue()


def unpacked(content: bytes, most: int) -> dict[str, New]:
    """The examples by the names of their crops, which are still to be filled in.

    Raises ``ValueError`` for more than `most`, and for anything that `packed` cannot have made.
    """
    file = io.BytesIO(content)
    try:
        form = np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # the header is Python's text, and its reader raises nearly anything
        raise ValueError("no array") from error
    if form != (1, 0) or dtype != ROW:
        raise ValueError("an array of something else")
    rows = np.frombuffer(content, ROW, offset=file.tell())
    if shape != rows.shape or len(rows) > most:
        raise ValueError("rows are missing, or too many")
    sure = rows["confidence"]
    sound = (rows["label"] <= NOT_A_DIGIT) & (rows["read"] >= NOTHING)
    sound &= (rows["read"] <= NOT_A_DIGIT) & (rows["created"] >= 0) & (rows["created"] < LATEST)
    if not (sound & (np.isnan(sure) | ((sure >= 0) & (sure <= 1)))).all():
        raise ValueError("a value out of its range")
    ids, labels = rows["id"].tolist(), rows["label"].tolist()
    names = (map(bytes.decode, rows[name].tolist()) for name in ("version", "source", "writer"))
    return {
        crop_name(label, id_): New(
            ink,
            b"",
            label,
            source,
            read=None if read == NOTHING else read,
            version=version or None,
            confidence=None if np.isnan(confidence) else confidence,
            writer=writer or None,
            created=created,
        )
        for id_, label, read, confidence, created, ink, version, source, writer in zip(
            ids,
            labels,
            rows["read"].tolist(),
            sure.tolist(),
            rows["created"].tolist(),
            rows["ink"],
            *names,
            strict=True,
        )
    }
