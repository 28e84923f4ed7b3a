"""The examples' database: its tables, how an older one is brought up to date, its connections.

A whole migration tool would be more than one table needs: `MIGRATIONS` are applied in order, each
once, in one transaction, and the table ``schema_version`` says how many have been.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from digitrec import storage
from digitrec.language import N_, Sentence, _
from digitrec.settings import settings

WRITES = {"digitrec_writes": True}  # execution options of a connection that will write
PATIENCE = 30  # seconds that one writer waits for the others
_engines: dict[str, Engine] = {}
_opening = threading.Lock()
_writer = threading.Lock()
_ADVISORY_LOCK = 28_282_810  # PostgreSQL's, held by whoever writes

EXAMPLES = sa.table(
    "examples",
    *(sa.column(name, sa.Integer) for name in ("id", "label", "read_as", "bytes")),
    *(sa.column(name, sa.Double) for name in ("confidence", "created", "deleted")),
    *(sa.column(name, sa.String) for name in ("version", "source", "writer", "digest")),
    *(sa.column(name, sa.LargeBinary) for name in ("ink", "crop")),
)

# What has been released is never edited: a change of the tables is another entry.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Blobs come last: SQLite reads a row from its beginning as far as it must.
        """CREATE TABLE examples (
            id {serial},
            label SMALLINT NOT NULL CHECK (label BETWEEN 0 AND 10),
            read_as SMALLINT,
            confidence {double},
            created {double} NOT NULL,
            deleted {double},
            bytes INTEGER NOT NULL,
            version VARCHAR(64),
            source VARCHAR(64) NOT NULL,
            writer VARCHAR(64),
            digest CHAR(32) NOT NULL,
            ink {blob} NOT NULL,
            crop {blob} NOT NULL
        )""",
        "CREATE INDEX examples_by_size ON examples (bytes)",
        "CREATE INDEX examples_by_digest ON examples (digest)",
    ),
)
_TYPES = {
    "sqlite": {
        "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",  # an id is never given twice
        "blob": "BLOB",
        "double": "DOUBLE PRECISION",
    },
    "postgresql": {
        "serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "blob": "BYTEA",
        "double": "DOUBLE PRECISION",
    },
}


class NewerSchemaError(RuntimeError):
    """A later digitrec has changed this database."""


def database() -> Engine:
    """The database of the settings, up to date; safe to share between threads.

    Raises ``OSError``, `NewerSchemaError` and ``sqlalchemy.exc.SQLAlchemyError``, also for a URL
    of another kind of database.
    """
    url = settings().database_url
    with _opening:  # or threads that come together would each make an engine
        if url not in _engines:
            _engines[url] = _opened(url)
        return _engines[url]


@contextmanager
def writing() -> Iterator[Connection]:
    """A transaction that is committed at the end of the block. Raises as `database` does.

    The sessions of one process queue for SQLite: its own waiting is by sleeping and trying again,
    which among twenty on a busy machine leaves some of them out for half a minute.
    """
    engine = database()
    queue = _writer if engine.dialect.name == "sqlite" else nullcontext()
    with queue, engine.execution_options(**WRITES).begin() as connection:
        yield connection


def close() -> None:
    """Let go of every connection; the next use makes new ones."""
    with _opening:
        while _engines:
            _engines.popitem()[1].dispose()


def refusal(error: Exception) -> Sentence:
    """What the database refused, in a few words: never the URL, in which a password may stand."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0].lower()
    for words, meaning in {
        "readonly": N_("this user may not write to their file"),
        "unable to open": N_("their file cannot be opened"),
        "disk is full": N_("the disk is full"),
        "malformed": N_("their file is damaged; put a copy of it back"),
        "not a database": N_("their file is damaged; put a copy of it back"),
        "locked": N_("another process holds them; try again"),
        "connection": N_("the database server cannot be reached"),
        "no module named": N_("install psycopg[binary] for a PostgreSQL database"),
        "sqlite or postgresql": N_(
            "DIGITREC_DATABASE_URL must name an sqlite or postgresql database"
        ),
        "could not parse": N_("DIGITREC_DATABASE_URL is not a database URL"),
        "names no file": N_("DIGITREC_DATABASE_URL names no file"),
    }.items():
        if words in said:
            return Sentence(meaning)
    return Sentence(N_("the database refused ({why})"), {"why": type(error).__name__})


def _opened(url: str) -> Engine:
    try:
        parsed = sa.make_url(url)
    except ValueError as error:  # of its port
        raise sa.exc.ArgumentError("could not parse the port") from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in _TYPES:
        raise sa.exc.ArgumentError("the database must be sqlite or postgresql")
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if parsed.get_backend_name() == "sqlite" and file in (None, "", ":memory:"):
        raise sa.exc.ArgumentError("the URL names no file")  # each connection would have its own
    engine = _engine(parsed)
    # Two processes at once must not both turn a new file to write-ahead logging.
    one_at_a_time = storage.locked(_beside(file), wait=PATIENCE) if file else nullcontext()
    try:
        with one_at_a_time, engine.execution_options(**WRITES).begin() as connection:
            _bring_up_to_date(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _beside(file: str) -> Path:
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.lock")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_size=5, max_overflow=20, pool_pre_ping=True)
        sa.event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = sa.create_engine(url, pool_size=5, max_overflow=20, connect_args={"timeout": PATIENCE})
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was committed survives a power cut


def _begin_sqlite(connection: Connection) -> None:
    """Writers queue before their first look, so that none acts on what has changed since."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """The same: left to itself, none would see what the others are about to add."""
    if _writes(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _writes(connection: Connection) -> bool:
    return "digitrec_writes" in connection.get_execution_options()


def _bring_up_to_date(connection: Connection) -> None:
    dialect = connection.dialect.name
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER)")
    applied = connection.exec_driver_sql("SELECT max(version) FROM schema_version").scalar() or 0
    if applied > len(MIGRATIONS):
        raise NewerSchemaError(_("a newer digitrec has changed this database"))
    for version, statements in enumerate(MIGRATIONS[applied:], applied + 1):
        for statement in statements:
            connection.exec_driver_sql(statement.format(**_TYPES[dialect]))
        connection.exec_driver_sql(f"INSERT INTO schema_version VALUES ({version})")  # noqa: S608
