"""Examples: kept, found, changed; by many at once, through a kill, in both databases."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from digitrec import examples, queries, schema
from digitrec.example import New, Which
from digitrec.examples import ExamplesError, Kept
from digitrec.settings import ROOT, settings

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A real server from Debian's package, for this module."""
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # Not pytest's folder: each run on the machine makes its parent root's alone again.
    folder = Path(tempfile.mkdtemp(prefix="digitrec-postgres-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # PostgreSQL refuses to run as root; the package has made a user for it.
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    make = [PROGRAMS / "initdb", "-D", data, "-U", "ada", "-A", "trust", "--no-sync"]
    subprocess.run(make, stdout=subprocess.DEVNULL, cwd=folder, check=True, **as_user)  # type: ignore[call-overload]
    server = subprocess.Popen(
        [PROGRAMS / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user,
    )  # fmt: skip
    try:
        ready = [PROGRAMS / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
        deadline = time.monotonic() + 240
        while subprocess.run(ready, stdout=subprocess.DEVNULL, check=False).returncode:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server was not ready after four minutes"
            time.sleep(0.1)
        yield f"postgresql://ada@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(120)
        shutil.rmtree(folder)


@contextmanager
def using(url: str, **limits: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_DATABASE_URL", url)
        for name, value in limits.items():
            patch.setenv(f"DIGITREC_{name.upper()}", str(value))
        settings.cache_clear()
        try:
            yield
        finally:
            settings.cache_clear()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    address = f"sqlite:///{tmp_path / 'examples.sqlite'}"
    if request.param == "postgres":
        address = request.getfixturevalue("postgres")
    with using(address):
        yield address
        if request.param == "postgres":
            with schema.database().begin() as connection:
                connection.exec_driver_sql("DROP TABLE examples, schema_version")
        schema.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data" / "examples.sqlite"
    with using(f"sqlite:///{path}"):
        yield path
    schema.close()


def example(number: int, label: int = 4, **changes: object) -> New:
    """A picture of its own for each number."""
    ink = np.zeros((28, 28), np.uint8)
    ink.flat[:8] = np.frombuffer(number.to_bytes(8), np.uint8)
    return New(ink, b"png %d" % number, label, "drawn", **changes)  # type: ignore[arg-type]


def ids(which: Which | None = None) -> list[int]:
    return [found.id for found in examples.find(which or Which(), 1000)]


def test_what_is_kept_is_found_whole(url: str) -> None:
    new = example(1, 7, read=1, version="default", confidence=0.75, writer="  Ada   L. ")
    (kept,) = examples.add([new]).ids
    (found,) = examples.find(Which(), 10)
    assert [found] == examples.find(Which(), 10)
    assert (found.id, found.label, found.read, found.confidence) == (kept, 7, 1, 0.75)
    assert (found.version, found.source, found.writer) == ("default", "drawn", "Ada L.")
    assert abs(found.created - time.time()) < 600
    assert (found.ink == new.ink).all()
    assert examples.crop(kept) == new.crop
    assert examples.writers() == ["Ada L."]


def test_a_name_that_is_not_text_is_kept_without_what_is_not(url: str) -> None:
    examples.add([example(1, writer="\udcffA\x1b[2Jda\0\tL.\u202e"), example(2, writer="\udcff")])
    assert [found.writer for found in examples.find(Which(), 10)] == [None, "A[2Jda L."]


def test_examples_are_chosen_by_every_mark(url: str) -> None:
    a, b, c = examples.add(
        [example(1, 7, read=1), example(2, 7, read=7, writer="Ada"), example(3, 10)]
    ).ids
    now = time.time()
    for which, expected in {
        Which(): [c, b, a],
        Which(labels=(7,)): [b, a],
        Which(labels=(7, 10), read=(1,)): [a],
        Which(right=True): [b],
        Which(right=False): [a],
        Which(writer="Ada"): [b],
        Which(since=now - 600): [c, b, a],
        Which(until=now - 600): [],
        Which(ids=(a, c)): [c, a],
        Which(binned=True): [],
    }.items():
        assert ids(which) == expected
        assert examples.count(which) == len(expected)
    assert [found.id for found in examples.find(Which(), 1, offset=1)] == [b]


def test_the_same_ink_again_takes_the_place_of_the_first_until_undone(url: str) -> None:
    first = examples.add([example(1, 4)])
    second = examples.add([example(1, 9), example(2)])
    assert second.replaced == first.ids
    assert ids() == sorted(second.ids, reverse=True)
    examples.undo(second)
    assert ids() == list(first.ids)
    assert ids(Which(binned=True)) == []


def test_no_ink_is_kept_under_two_labels(url: str) -> None:
    first = examples.add([example(1, 4)]).ids
    (second,) = examples.add([example(1, 9), example(1, 5)]).ids
    assert ids(Which(labels=(5,))) == [second]
    examples.restore(first)
    assert ids() == list(first)
    assert ids(Which(binned=True)) == [second]
    examples.restore([second, *first])
    assert ids() == [second]


def test_no_id_is_given_twice_so_undo_leaves_later_ones_alone(url: str) -> None:
    first = examples.add([example(1)])
    examples.delete(first.ids)
    examples.empty_bin()
    later = examples.add([example(2)])
    assert later.ids != first.ids
    examples.undo(first)
    assert ids() == list(later.ids)


def test_what_is_undone_does_not_come_back_beside_what_took_its_place(url: str) -> None:
    first = examples.add([example(1, 1), example(2)])
    second = examples.add([example(1, 4), example(2)])
    (third,) = examples.add([example(1, 9)]).ids  # by another browser
    examples.undo(second)
    assert ids() == [third, first.ids[1]]
    assert ids(Which(binned=True)) == [first.ids[0]]


def test_relabel_delete_restore_and_empty(url: str) -> None:
    a, b = examples.add([example(1), example(2, 5)]).ids
    assert examples.relabel({a: 9, b: 7}) == {a: 4, b: 5}
    assert ids(Which(labels=(9,))) == [a]
    assert ids(Which(labels=(7,))) == [b]
    examples.delete([b])
    with pytest.raises(ExamplesError, match=f"{b} is in the bin: restore it first"):
        examples.relabel({a: 1, b: 1})
    assert ids(Which(labels=(9,))) == [a]  # all or none
    examples.delete([a, b])
    assert ids() == []
    examples.restore([a])
    assert ids() == [a]
    assert examples.empty_bin() == 1
    assert ids(Which(binned=True)) == []
    with pytest.raises(ExamplesError, match=f"no example {b}"):
        examples.relabel({a: 1, b: 1})
    assert ids(Which(labels=(9,))) == [a]  # all or none
    with pytest.raises(ExamplesError, match=f"no example {b}"):
        examples.crop(b)
    with pytest.raises(ExamplesError, match="label"):
        examples.relabel({a: 11})


def test_a_relabelling_is_taken_back_wherever_the_examples_are(url: str) -> None:
    kept, binned, gone = examples.add([example(1, 3), example(2, 5), example(3, 6)]).ids
    before = examples.relabel(dict.fromkeys((kept, binned, gone), 9))
    examples.delete([gone])
    examples.empty_bin()
    examples.delete([binned])
    examples.unlabel(before)
    assert [(e.id, e.label) for e in examples.find(Which(), 9)] == [(kept, 3)]
    assert [(e.id, e.label) for e in examples.find(Which(binned=True), 9)] == [(binned, 5)]


def test_every_example_comes_with_its_crop_however_many(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "BATCH", 3)
    kept = examples.add([example(number) for number in range(8)]).ids
    pairs = list(examples.every_with_crop(Which()))
    assert [found.id for found in examples.every(Which())] == sorted(kept)
    assert [found.id for found, _ in pairs] == sorted(kept)
    assert [crop for _, crop in pairs] == [b"png %d" % number for number in range(8)]
    examples.delete(kept)
    assert examples.empty_bin() == 8


def test_nothing_is_kept_past_the_cap(url: str) -> None:
    examples.add([example(1)])
    with using(url, max_examples=2):
        with pytest.raises(ExamplesError, match="room for 2 examples"):
            examples.add([example(2), example(3)])
        examples.add([example(2)])
    with using(url, max_examples_megabytes=1), pytest.raises(ExamplesError, match="room for 1 MB"):
        examples.add([New(example(3).ink, b"x" * 10**6, 3, "drawn")])
    assert len(ids()) == 2


def test_twenty_sessions_in_two_processes_lose_nothing(url: str) -> None:
    """Each adds ten, one by one; half of them in another process."""
    code = """
import sys
sys.path.insert(0, "tests")
from test_examples import sessions
print(*sessions(range(10, 20)))
"""
    other = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    ours = sessions(range(10))
    theirs = [int(word) for word in other.communicate(timeout=120)[0].split()]
    assert other.returncode == 0
    assert len(ours) == len(theirs) == 100
    assert sorted(ours + theirs) == sorted(ids())


def sessions(numbers: range) -> list[int]:
    """The ids that as many threads were given for ten examples each."""
    given: list[int] = []

    def write(session: int) -> None:
        for k in range(10):
            given.extend(examples.add([example(1000 * session + k)]).ids)

    threads = [threading.Thread(target=write, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def test_the_same_ink_from_many_at_once_is_kept_once_and_none_past_the_cap(url: str) -> None:
    start = threading.Barrier(8)

    def write(numbers: range) -> None:
        for number in numbers:
            start.wait(60)
            with suppress(ExamplesError):  # there is no room for it
                examples.add([example(number)])

    def at_once(*numbers: range) -> None:
        threads = [threading.Thread(target=write, args=(some,)) for some in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    at_once(*[range(5)] * 8)
    assert len(ids()) == 5
    examples.empty_bin()
    with using(url, max_examples=10):
        at_once(*[range(10 * session, 10 * session + 2) for session in range(1, 9)])
        assert len(ids()) == 10


def test_a_killed_writer_loses_nothing_it_was_told_is_kept(url: str) -> None:
    code = """
import itertools, sys
sys.path.insert(0, "tests")
from test_examples import example, examples
for number in itertools.count():
    print(*examples.add([example(2 * number), example(2 * number + 1)]).ids, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(20)]
        writer.kill()
        told += writer.stdout.readlines()
    acknowledged = {int(word) for line in told if line.endswith(b"\n") for word in line.split()}
    assert len(acknowledged) >= 40
    found = ids()
    assert acknowledged <= set(found)
    assert len(found) % 2 == 0  # no half of an addition
    examples.add([example(10**9)])  # and the next writer goes on


def test_an_older_database_is_brought_up_to_date_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = examples.add([example(1)]).ids
    later = (*schema.MIGRATIONS, ("ALTER TABLE examples ADD COLUMN pressure {double}",))
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    for _ in range(2):
        schema.close()
        assert ids() == [kept]
    with schema.database().connect() as connection:
        rows = connection.exec_driver_sql("SELECT version FROM schema_version ORDER BY 1")
        assert [version for (version,) in rows] == [1, 2]
        assert connection.exec_driver_sql("SELECT pressure FROM examples").scalar() is None
    monkeypatch.undo()
    with using(url):
        schema.close()
        with pytest.raises(ExamplesError, match="a newer digitrec"):
            ids()
        monkeypatch.setattr(schema, "MIGRATIONS", later)
        ids()


def test_sqlite_writes_ahead_and_waits_for_the_disk(sqlite: Path) -> None:
    examples.add([example(1)])
    with schema.database().connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert sqlite.is_file()


def test_many_who_open_a_new_file_at_once_make_it_once(sqlite: Path) -> None:
    code = """
import sys
sys.path.insert(0, "tests")
from test_examples import example, examples
examples.add([example(int(sys.argv[1]))])
"""
    openers = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], cwd=ROOT) for number in range(4)
    ]
    assert [opener.wait(60) for opener in openers] == [0] * 4
    assert len(ids()) == 4


def damage(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all" * 1000)


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def a_file_for_its_folder(path: Path) -> None:
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damage, "file is damaged"),
        (a_folder, "cannot be opened"),
        (a_file_for_its_folder, "cannot be kept"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(
    sqlite: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(sqlite)
    with pytest.raises(ExamplesError, match=words):
        examples.add([example(1)])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "not a database URL"),
        ("postgresql://ada:secret@somewhere:port/digits", "not a database URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://ada:secret@somewhere/digits", "sqlite or postgresql"),
        ("postgresql://ada:secret@127.0.0.1:1/digits", "cannot be reached"),
    ],
)
def test_a_url_that_leads_nowhere_is_a_sentence_without_the_password(
    address: str, words: str
) -> None:
    with using(address), pytest.raises(ExamplesError, match=words) as refused:
        ids()
    assert "secret" not in str(refused.value)


def test_nothing_to_add_asks_nothing_of_the_database() -> None:
    with using("nonsense"):
        assert examples.add([]) == Kept(())
