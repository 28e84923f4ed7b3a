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

from digitrec import queries, storage
from digitrec.example import LABELS, NOT_A_DIGIT, Example, New, Which
from digitrec.language import N_, Sentence, _, number
from digitrec.schema import EXAMPLES, NewerSchemaError, database, refusal, writing
from digitrec.settings import settings

LONGEST = 64  # letters of a source, a version or a writer
LARGEST = 2**63 - 1  # number that a database can be asked for


class ExamplesError(RuntimeError):
    """The examples cannot be read or kept; the message says why and what to do."""


@dataclass(frozen=True)
class Kept:
    """What one `add` did, for `undo`: the new ids, and those that they took the place of.

    No id is given twice, also after the bin has been emptied.
    """

    ids: tuple[int, ...]
    replaced: tuple[int, ...] = ()


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
        replaced = tuple(queries.same(connection, last))
        queries.mark(connection, replaced, now)
        added = connection.execute(sa.insert(EXAMPLES).returning(EXAMPLES.c.id), rows)
        return Kept(tuple(added.scalars()), replaced)


def undo(kept: Kept) -> None:
    """As if that `add` had not been, but for an ink that has been kept again since."""
    with _transaction() as connection:
        for ids in queries.slices(kept.ids):
            connection.execute(sa.delete(EXAMPLES).where(EXAMPLES.c.id.in_(ids)))
        before = queries.newest(connection, kept.replaced)
        again = set(queries.same(connection, before).values())
        queries.mark(connection, [id_ for ink, id_ in before.items() if ink not in again], None)


def find(which: Which, limit: int, offset: int = 0) -> list[Example]:
    """A page of them, the newest first."""
    query = queries.chosen(which).order_by(EXAMPLES.c.id.desc()).limit(limit).offset(offset)
    with _connected() as connection:
        return [queries.example(row) for row in connection.execute(query)]


def count(which: Which) -> int:
    """How many there are."""
    with _connected() as connection:
        query = sa.select(sa.func.count()).select_from(queries.chosen(which).subquery())
        return int(connection.execute(query).scalar_one())


def every(which: Which) -> Iterator[Example]:
    """All of them, the oldest first, a few hundred in memory at a time."""
    return map(queries.example, _rows(which))


def every_with_crop(which: Which) -> Iterator[tuple[Example, bytes]]:
    """The same with their places in the pictures, as PNG, which take most of the reading."""
    return ((queries.example(row), bytes(row.crop)) for row in _rows(which, EXAMPLES.c.crop))


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
        for ids in queries.slices(tuple(before)):
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
        there = set(queries.same(connection, digests).values())
    return [digest in there for digest in digests]


def restore(ids: Sequence[int]) -> None:
    """Back from the bin, each in the place of a kept one with its ink, the newest of several.

    Raises as `delete` does.
    """
    with _transaction() as connection:
        _update(connection, ids, deleted=None)
        newest = queries.newest(connection, ids)
        others = set(queries.same(connection, newest)).difference(newest.values())
        queries.mark(connection, tuple(others), time.time())


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
    return storage.plain(name or "")[:LONGEST]


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


def _labels(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Of examples that are not in the bin, and stay out of it while the transaction lasts."""
    c, found = EXAMPLES.c, {}
    for some in queries.slices(tuple(ids)):
        query = sa.select(c.id, c.label, c.deleted).where(c.id.in_(some))
        for row in connection.execute(query):
            if row.deleted is not None:
                raise ExamplesError(
                    _("The example {number} is in the bin: restore it first.").format(number=row.id)
                )
            found[row.id] = row.label
    return found


def _update(connection: Connection, ids: Sequence[int], **values: Any) -> None:
    _refuse(id_ for id_ in ids if abs(id_) > LARGEST)
    for some in queries.slices(tuple(set(ids))):
        chosen = sa.update(EXAMPLES).where(EXAMPLES.c.id.in_(some))
        if connection.execute(chosen.values(**values)).rowcount != len(some):
            found = sa.select(EXAMPLES.c.id).where(EXAMPLES.c.id.in_(some))
            _refuse(set(some) - set(connection.execute(found).scalars()))


def _refuse(missing: Iterable[int]) -> None:
    """Raises `ExamplesError` where there is one at least."""
    first = min(missing, default=None)
    if first is not None:
        raise ExamplesError(_("There is no example {number}.").format(number=first))


def _rows(which: Which, *more: sa.ColumnClause[Any]) -> Iterator[Row[Any]]:
    last = 0
    while True:
        query = queries.chosen(which, *more).where(EXAMPLES.c.id > last)
        with _connected() as connection:
            rows = connection.execute(query.order_by(EXAMPLES.c.id).limit(queries.BATCH)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


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
