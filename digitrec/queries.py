"""What is asked of the examples' table: a choice of them, and many at a time by ids or inks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from digitrec.example import Example, Which
from digitrec.schema import EXAMPLES

BATCH = 500  # rows fetched or named at once
LISTED = [column for column in EXAMPLES.c if column.name not in ("bytes", "crop", "digest")]


def chosen(which: Which, *more: sa.ColumnClause[Any]) -> sa.Select[Any]:
    """Of each of a choice what `example` needs, and these columns."""
    c = EXAMPLES.c
    query = sa.select(*LISTED, *more)
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


def example(row: Row[Any]) -> Example:
    """What a row of `chosen` holds."""
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


def same(connection: Connection, digests: Iterable[str]) -> dict[int, str]:
    """The kept examples whose ink has one of these digests, each with it."""
    found: dict[int, str] = {}
    for some in slices(tuple(digests)):
        kept = EXAMPLES.c.digest.in_(some) & EXAMPLES.c.deleted.is_(None)
        rows = connection.execute(sa.select(EXAMPLES.c.id, EXAMPLES.c.digest).where(kept))
        found |= {row.id: row.digest for row in rows}
    return found


def newest(connection: Connection, ids: Sequence[int]) -> dict[str, int]:
    """Their digests, kept or in the bin, each with the newest of those that have it."""
    found: dict[str, int] = {}
    for some in slices(sorted(set(ids))):
        query = sa.select(EXAMPLES.c.digest, EXAMPLES.c.id).where(EXAMPLES.c.id.in_(some))
        rows = connection.execute(query.order_by(EXAMPLES.c.id))
        found |= {row.digest: row.id for row in rows}
    return found


def mark(connection: Connection, ids: Sequence[int], deleted: float | None) -> None:
    """Put them into the bin, at that unix time, or with None take them out of it."""
    for some in slices(ids):
        these = sa.update(EXAMPLES).where(EXAMPLES.c.id.in_(some))
        connection.execute(these.values(deleted=deleted))


def slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """So many at a time as a database takes in one statement."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
