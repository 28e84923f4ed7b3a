"""Files of readings: what is written is found again, torn rows are mended, others' files kept."""

import csv
import json
import os

import pytest

from digitrec import storage
from digitrec.bulk import BulkError
from digitrec.outputs import COLUMNS, flat, open_output

NAMES = ["a.png", "b,c.png", 'quo"te.png', "two\nlines.png", "\udcff.png", "é.png", "back\r.png"]


REST = {"numbers": [{"confidence": 0.9}, {"confidence": 0.5}], "refused": [{}], "seconds": 0.25}


def reading(name):
    return {"file": name, "text": "4 25", "written": "4 2.5", **REST}


ROWS = [reading(name) for name in NAMES] + [{"file": "bad", "error": "This file is empty."}]


@pytest.fixture(params=["csv", "jsonl", "parquet"])
def path(request, tmp_path):
    return tmp_path / f"numbers.{request.param}"


def write(path, rows, complete=True):
    output = open_output(path)
    for row in rows:
        output.add(row)
    output.close(complete=complete)


def found(path):
    """The values of each row, as a program that knows nothing of digitrec reads them."""
    if path.suffix == ".csv":
        with path.open(newline="", errors="surrogateescape") as file:
            head, *rows = csv.reader(file)
        assert tuple(head) == COLUMNS
        return [tuple(row) for row in rows]
    if path.suffix == ".jsonl":
        return [flat(json.loads(line)) for line in path.read_text().splitlines()]
    import pyarrow.parquet as pq

    return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]


def test_what_is_written_is_found_again(path):
    write(path, ROWS)
    rows = found(path)
    assert len(rows) == len(ROWS)
    values = {".csv": ("0.45", "1", "0.25", "")}.get(path.suffix, (0.45, 1, 0.25, None))
    assert rows[0] == ("a.png", "4 25", "4 2.5", *values)
    names = [row[0] for row in rows]
    if path.suffix == ".parquet":
        assert names[4] == "\\xff.png"
        names[4] = NAMES[4]
    assert names == [*NAMES, "bad"]
    assert rows[-1][-1] == "This file is empty."
    output = open_output(path)
    assert [output.failed(name) for name in [*NAMES, "bad", "new"]] == [
        *[False] * len(NAMES),
        True,
        None,
    ]
    output.close(complete=True)


def test_no_name_is_a_formula_in_a_spreadsheet_and_each_is_found_again(tmp_path):
    path = tmp_path / "numbers.csv"
    names = ["=HYPERLINK(1).png", "-1.png", "'=1.png", "''+1.png", "'1'.png", "a=1.png"]
    write(path, map(reading, names))
    assert [row[0] for row in found(path)] == [*(f"'{name}" for name in names[:4]), *names[4:]]
    output = open_output(path)
    assert [output.failed(name) for name in names] == [False] * len(names)
    output.close(complete=True)


def test_rows_that_waited_since_before_written_was_kept_are_written_too(tmp_path):
    old = reading("old.png")
    del old["written"]
    (tmp_path / ".numbers.parquet.jsonl").write_text(json.dumps(old) + "\n")
    write(tmp_path / "numbers.parquet", ROWS[:1])
    assert [row[1:3] for row in found(tmp_path / "numbers.parquet")] == [
        ("4 25", "4 25"),
        ("4 25", "4 2.5"),
    ]


def test_a_torn_row_is_cut_off_wherever_it_was_torn(path):
    write(path, ROWS[:4], complete=False)
    lines = path.with_name(f".{path.name}.jsonl") if path.suffix == ".parquet" else path
    whole = lines.read_bytes()
    start = whole.index(b"two")  # in the last row, whose name breaks over two lines
    begin = max(whole.rfind(b"\n", 0, start), whole.rfind(b"{", 0, start) - 1) + 1
    for cut in range(begin, len(whole)):
        lines.write_bytes(whole[:cut])
        write(path, ROWS[3:], complete=False)
        assert lines.read_bytes().startswith(whole)
    write(path, [])
    assert [row[0] for row in found(path)][:4] == NAMES[:4]
    assert len(found(path)) == len(ROWS)


def test_a_torn_head_is_mended(tmp_path):
    path = tmp_path / "numbers.csv"
    for cut in range(5):
        path.write_bytes(b"file,text"[:cut])
        write(path, ROWS[:1])
        assert len(found(path)) == 1


@pytest.mark.parametrize(
    "content",
    [b"name,number\n1,2\n", b"x", b'{"name": 1}\n', b"[1]\n", b'"', b"PAR1", b"\x00" * 30],
)
def test_a_file_of_something_else_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(BulkError, match="holds something else"):
        open_output(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("values", [["high"], [[0.5]], [{"low": 0.1}]])
def test_a_parquet_table_of_other_kinds_is_something_else(tmp_path, values):
    """It is told before a picture is read, and not when the rows are written after it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table(dict.fromkeys(COLUMNS, values)), path)
    with pytest.raises(BulkError, match="holds something else"):
        open_output(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_written_through(path):
    path.symlink_to(f"there{path.suffix}")
    write(path, ROWS[:1])
    write(path, ROWS[1:2])
    assert path.is_symlink()
    assert len(found(path.with_name(f"there{path.suffix}"))) == 2


def test_parquet_gets_later_rows_after_earlier_ones(tmp_path):
    path = tmp_path / "numbers.parquet"
    write(path, ROWS[:2])
    write(path, ROWS[2:3], complete=False)
    assert len(found(path)) == 2  # until all are read
    write(path, ROWS[3:])
    assert len(found(path)) == len(ROWS)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_parquet_written_before_a_death_is_not_written_twice(tmp_path):
    """Killed between the file's last write and the removal of the waiting rows."""
    path = tmp_path / "numbers.parquet"
    write(path, ROWS[:2], complete=False)
    waiting = path.with_name(f".{path.name}.jsonl")
    rows = waiting.read_bytes()
    write(path, [])
    waiting.write_bytes(rows)
    write(path, [])
    assert len(found(path)) == 2


def test_parquet_gone_on_with_as_its_writer_ends_keeps_both(tmp_path, monkeypatch):
    """The second waits for the lock of a file that the first removes."""
    path = tmp_path / "numbers.parquet"
    first = open_output(path)
    first.add(ROWS[0])

    def lock(waited_for):
        monkeypatch.undo()
        handle = os.open(waited_for, os.O_RDWR)
        first.close(complete=True)
        return handle

    monkeypatch.setattr(storage, "lock", lock)
    write(path, ROWS[1:2])
    assert [row[0] for row in found(path)] == NAMES[:2]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["numbers", "numbers.txt", "numbers.CSV"])
def test_another_ending_is_refused(tmp_path, name):
    with pytest.raises(BulkError, match=r"must end in \.csv, \.jsonl or \.parquet"):
        open_output(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(BulkError, match="cannot be written: there is no such file or folder"):
        open_output(tmp_path / "none" / "numbers.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BulkError, match="cannot be written: it is a folder"):
        open_output(tmp_path / "folder.csv")


def test_a_full_disk_is_a_sentence_and_what_was_read_stays(path, small_disk):
    """Whatever part of a row fitted on the disk is gone when there is room again."""
    path = small_disk / path.name
    filler = small_disk / "filler"
    filler.write_bytes(bytes(2_900_000))
    output = open_output(path)

    def fill():
        for number in range(100_000):
            output.add(reading(f"{number}.png"))

    with pytest.raises(BulkError, match=f"{path} cannot be written: the disk is full"):
        fill()
    with pytest.raises(BulkError, match="the disk is full"):
        output.close(complete=False)
    filler.unlink()
    output = open_output(path)
    kept = next(k for k in range(100_000) if output.failed(f"{k}.png") is None)
    assert kept > 0
    output.add(reading(f"{kept}.png"))
    output.close(complete=True)
    assert [row[0] for row in found(path)] == [f"{k}.png" for k in range(kept + 1)]
