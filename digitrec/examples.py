"""Digits that people have labelled: what the network gets wrong, and what it is to learn from.

Each is kept with its crop from the picture, the 28 x 28 that the network saw, the label, what was
read by which version, and where it is from. SQLite by default; `settings().database_url` may name
a PostgreSQL. Every function raises `ExamplesError`, a sentence, when the database cannot be used.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection, Row

from digitrec import storage
from digitrec.example import LABELS, NOT_A_DIGIT, Example, New, Which
from digitrec.language import N_, Sentence, _, number
from digitrec.schema import EXAMPLES, NewerSchemaError, database, refusal, writing
from digitrec.settings import settings

LONGEST = 64  # letters of a source, a version or a writer
BATCH = 500  # rows fetched or named at once

_LISTED = [column for column in EXAMPLES.c if column.name not in ("bytes", "crop", "digest")]


class ExamplesError(RuntimeError):
    """The examples cannot be read or kept; the message says why and what to do."""


@dataclass(frozen=True)
class Kept:
    """What one `add` did, for `undo`: the new ids, and those that they took the place of.

    until: when the latest was made, in unix seconds; once the bin has been emptied, later ones may
    get the same ids.
    """

    ids: tuple[int, ...]
    replaced: tuple[int, ...] = ()
    until: float = 0.0


def add(new: Sequence[New]) -> Kept:
    """Keep them all or none; when this returns they are on the disk.

    One whose ink is kept already, or stands earlier among them, takes that one's place. Raises
    `ExamplesError` past the cap too, and ``ValueError`` for an ink or a label out of its range.
    """
    if not new:
        return Kept(())
    now = time.time()
    last = {row["digest"]: row for row in (_row(example, now) for example in new)}
    rows = list(last.values())
    with _transaction() as connection:
        _check_room(connection, rows)
        replaced = tuple(_same(connection, last))
        _mark(connection, replaced, now)
        added = connection.execute(sa.insert(EXAMPLES).returning(EXAMPLES.c.id), rows)
        return Kept(tuple(added.scalars()), replaced, max(row["created"] for row in rows))


def undo(kept: Kept) -> None:
    """As if that `add` had not been, but for an ink that has been kept again since."""
    with _transaction() as connection:
        for ids in _slices(kept.ids):
            same = EXAMPLES.c.id.in_(ids) & (EXAMPLES.c.created <= kept.until)
            connection.execute(sa.delete(EXAMPLES).where(same))
        before = _newest(connection, kept.replaced)
        again = set(_same(connection, before).values())
        _mark(connection, [id_ for ink, id_ in before.items() if ink not in again], None)


def find(which: Which, limit: int, offset: int = 0) -> list[Example]:
    """A page of them, the newest first."""
    query = _chosen(which).order_by(EXAMPLES.c.id.desc()).limit(limit).offset(offset)
    with _connected() as connection:
        return [_example(row) for row in connection.execute(query)]


def count(which: Which) -> int:
    """How many there are."""
    with _connected() as connection:
        query = sa.select(sa.func.count()).select_from(_chosen(which).subquery())
        return int(connection.execute(query).scalar_one())


def every(which: Which) -> Iterator[Example]:
    """All of them, the oldest first, a few hundred in memory at a time."""
    return map(_example, _rows(which))


def every_with_crop(which: Which) -> Iterator[tuple[Example, bytes]]:
    """The same with their places in the pictures, as PNG, which take most of the reading."""
    return ((_example(row), bytes(row.crop)) for row in _rows(which, EXAMPLES.c.crop))


def crop(id_: int) -> bytes:
    """Its place in the picture, as PNG. Raises `ExamplesError` where there is no such example."""
    with _connected() as connection:
        query = sa.select(EXAMPLES.c.crop).where(EXAMPLES.c.id == id_)
        found = connection.execute(query).scalar()
    if found is None:
        raise ExamplesError(_("There is no example {number}.").format(number=id_))
    return bytes(found)


def writers() -> list[str]:
    """Their names, in order."""
    query = sa.select(EXAMPLES.c.writer).where(EXAMPLES.c.writer.is_not(None)).distinct()
    with _connected() as connection:
        return sorted(connection.execute(query).scalars())


def relabel(labels: Mapping[int, int]) -> dict[int, int]:
    """Give examples, by their ids, these labels; returns those they had, to take it back with.

    Raises `ExamplesError` when one is in the bin or not there, and then changes none.
    """
    if not set(labels.values()).issubset(LABELS):
        raise ExamplesError(
            _("A label is a digit, or {number} for not a digit.").format(number=NOT_A_DIGIT)
        )
    with _transaction() as connection:
        before = _labels(connection, labels)
        for label in set(labels.values()):
            _update(connection, [id_ for id_ in labels if labels[id_] == label], label=label)
    return before


def unlabel(before: Mapping[int, int]) -> None:
    """Take a `relabel` back, in the bin too; what has been removed for good is left out."""
    with _transaction() as connection:
        for ids in _slices(tuple(before)):
            had = sa.case({id_: before[id_] for id_ in ids}, value=EXAMPLES.c.id)
            connection.execute(sa.update(EXAMPLES).where(EXAMPLES.c.id.in_(ids)).values(label=had))


def delete(ids: Sequence[int]) -> None:
    """Into the bin: `restore` brings them back.

    Raises `ExamplesError` when one is not there, and then changes none.
    """
    with _transaction() as connection:
        _update(connection, ids, deleted=time.time())


def known(inks: Sequence[NDArray[np.uint8]]) -> list[bool]:
    """Of each ink, (28, 28) uint8, whether it is kept already, under whatever label."""
    digests = [_digest(ink) for ink in inks]
    with _connected() as connection:
        there = set(_same(connection, digests).values())
    return [digest in there for digest in digests]


def restore(ids: Sequence[int]) -> None:
    """Back from the bin, each in the place of a kept one with its ink, the newest of several.

    Raises as `delete` does.
    """
    with _transaction() as connection:
        _update(connection, ids, deleted=None)
        newest = _newest(connection, ids)
        others = set(_same(connection, newest)).difference(newest.values())
        _mark(connection, tuple(others), time.time())


def empty_bin() -> int:
    """Remove for good what has been deleted, and return how many there were."""
    with _transaction() as connection:
        gone = connection.execute(sa.delete(EXAMPLES).where(EXAMPLES.c.deleted.is_not(None)))
        return gone.rowcount


def _row(example: New, now: float) -> dict[str, Any]:
    if example.label not in LABELS or example.ink.shape != (28, 28):
        raise ValueError("an example is 28 x 28, with a label from 0 to 10")
    ink = np.ascontiguousarray(example.ink, np.uint8).tobytes()
    return {
        "ink": ink,
        "digest": _digest(example.ink),
        "crop": example.crop,
        "bytes": len(ink) + len(example.crop),
        "label": example.label,
        "read_as": example.read,
        "version": _clean(example.version) or None,
        "confidence": example.confidence,
        "source": _clean(example.source),
        "writer": _clean(example.writer) or None,
        "created": now if example.created is None else example.created,
    }


def _digest(ink: NDArray[np.uint8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(ink, np.uint8).tobytes()).hexdigest()[:32]


def _clean(name: str | None) -> str:
    """On one line and short; what a database refuses or a terminal obeys is dropped."""
    words = " ".join((name or "").split())
    return "".join(letter for letter in words if letter.isprintable())[:LONGEST]


def _check_room(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    limits = settings()
    total = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(EXAMPLES.c.bytes), 0))
    held, size = connection.execute(total).one()
    if held + len(rows) > limits.max_examples:
        full = _("{count} examples").format(count=number(limits.max_examples))
    elif size + sum(row["bytes"] for row in rows) > limits.max_examples_megabytes * 10**6:
        full = _("{count} MB of examples").format(count=number(limits.max_examples_megabytes))
    else:
        return
    raise ExamplesError(
        _(
            "There is room for {limit}, and this would be more: delete some and empty the bin, or "
            "raise the limit."
        ).format(limit=full)
    )


def _same(connection: Connection, digests: Iterable[str]) -> dict[int, str]:
    """The kept examples whose ink has one of these digests, each with it."""
    found: dict[int, str] = {}
    for some in _slices(tuple(digests)):
        same = EXAMPLES.c.digest.in_(some) & EXAMPLES.c.deleted.is_(None)
        rows = connection.execute(sa.select(EXAMPLES.c.id, EXAMPLES.c.digest).where(same))
        found |= {row.id: row.digest for row in rows}
    return found


def _newest(connection: Connection, ids: Sequence[int]) -> dict[str, int]:
    """Their digests, kept or in the bin, each with the newest of those that have it."""
    found: dict[str, int] = {}
    for some in _slices(sorted(set(ids))):
        query = sa.select(EXAMPLES.c.digest, EXAMPLES.c.id).where(EXAMPLES.c.id.in_(some))
        rows = connection.execute(query.order_by(EXAMPLES.c.id))
        found |= {row.digest: row.id for row in rows}
    return found


def _labels(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Of examples that are not in the bin, and stay out of it while the transaction lasts."""
    c, found = EXAMPLES.c, {}
    for some in _slices(tuple(ids)):
        query = sa.select(c.id, c.label, c.deleted).where(c.id.in_(some))
        for row in connection.execute(query):
            if row.deleted is not None:
                raise ExamplesError(
                    _("The example {number} is in the bin: restore it first.").format(number=row.id)
                )
            found[row.id] = row.label
    return found


def _mark(connection: Connection, ids: Sequence[int], deleted: float | None) -> None:
    for some in _slices(ids):
        chosen = sa.update(EXAMPLES).where(EXAMPLES.c.id.in_(some))
        connection.execute(chosen.values(deleted=deleted))


def _update(connection: Connection, ids: Sequence[int], **values: Any) -> None:
    for some in _slices(tuple(set(ids))):
        chosen = sa.update(EXAMPLES).where(EXAMPLES.c.id.in_(some))
        if connection.execute(chosen.values(**values)).rowcount != len(some):
            found = sa.select(EXAMPLES.c.id).where(EXAMPLES.c.id.in_(some))
            missing = set(some) - set(connection.execute(found).scalars())
            raise ExamplesError(_("There is no example {number}.").format(number=min(missing)))


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _rows(which: Which, *more: sa.ColumnClause[Any]) -> Iterator[Row[Any]]:
    last = 0
    while True:
        query = _chosen(which, *more).where(EXAMPLES.c.id > last)
        with _connected() as connection:
            rows = connection.execute(query.order_by(EXAMPLES.c.id).limit(BATCH)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def _chosen(which: Which, *more: sa.ColumnClause[Any]) -> sa.Select[Any]:
    c = EXAMPLES.c
    query = sa.select(*_LISTED, *more)
    query = query.where(c.deleted.is_not(None) if which.binned else c.deleted.is_(None))
    for column, values in ((c.label, which.labels), (c.read_as, which.read), (c.id, which.ids)):
        if values:
            query = query.where(column.in_(values))
    if which.right is not None:
        same = c.read_as == c.label
        query = query.where(same if which.right else sa.not_(same))
    if which.since is not None:
        query = query.where(c.created >= which.since)
    if which.until is not None:
        query = query.where(c.created < which.until)
    return query if which.writer is None else query.where(c.writer == which.writer)


def _example(row: Row[Any]) -> Example:
    ink = np.frombuffer(bytes(row.ink), np.uint8).reshape(28, 28)
    return Example(
        id=row.id,
        label=row.label,
        read=row.read_as,
        confidence=row.confidence,
        version=row.version,
        source=row.source,
        writer=row.writer,
        created=row.created,
        deleted=row.deleted,
        ink=ink,
    )


@contextmanager
def _connected() -> Iterator[Connection]:
    with _in_words(), database().connect() as connection:
        yield connection


@contextmanager
def _transaction() -> Iterator[Connection]:
    """Committed at the end of the block, or as if it had not been."""
    with _in_words(), writing() as connection:
        yield connection


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except NewerSchemaError as error:
        raise ExamplesError(
            Sentence(
                N_("The examples cannot be used: {why}; install that one."), {"why": str(error)}
            )
        ) from error
    except OSError as error:
        raise ExamplesError(
            Sentence(N_("The examples cannot be kept: {why}"), {"why": storage.refusal(error)})
        ) from error
    except (sa.exc.SQLAlchemyError, OverflowError) as error:  # an id that SQLite cannot hold
        raise ExamplesError(
            Sentence(N_("The examples cannot be used: {why}."), {"why": refusal(error)})
        ) from error
