"""Many pictures into one file: the same rows however often the reading dies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from digitrec import bulk
from digitrec.classifier import Classifier
from digitrec.settings import ROOT, settings

PYTHON = [sys.executable, "-m", "digitrec"]


def a_seven(path: Path) -> Path:
    image = Image.new("L", (240, 200), 240)
    pen = ImageDraw.Draw(image)
    pen.line([(70, 40), (170, 40), (110, 165)], fill=30, width=14, joint="curve")
    image.save(path)
    return path


def start(*arguments):
    return subprocess.Popen(
        [*PYTHON, *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def pictures(tmp_path):
    """Sixty sevens, and one that cannot be read."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    seven = a_seven(folder / "1.png").read_bytes()
    for number in range(2, 61):
        (folder / f"{number}.png").write_bytes(seven)
    (folder / "30.png").write_bytes(seven[:100])
    return folder


def files(out):
    return [json.loads(line)["file"] for line in out.read_text().splitlines()]


def processes():
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = path.read_text().partition(" (")
            found.add((int(pid), int(rest.rpartition(") ")[2].split()[1])))
        except OSError:
            continue
    return found


def until(condition, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return value


def gone(pid):
    """A zombie that nobody reaps here is gone too."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_reading_goes_on_where_it_stopped(pictures, tmp_path):
    out = tmp_path / "numbers.jsonl"
    process = start("read", pictures, "--out", out)
    until(lambda: out.exists() and out.read_bytes().count(b"\n") > 5)
    readers = [pid for pid, parent in processes() if parent == process.pid]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(readers) >= 2
    until(lambda: all(map(gone, readers)))
    before = out.read_bytes()
    assert before.count(b"\n") < 60
    with out.open("ab") as file:
        file.write(b'{"file": "torn off in the mid')

    process = start("read", pictures, "--out", out)
    said, complaint = process.communicate(timeout=280)
    assert process.returncode == 1
    assert out.read_bytes().startswith(before)
    assert files(out) == [str(pictures / f"{number}.png") for number in range(1, 61)]
    assert said.startswith(f"{out}: 59 of 60 pictures read, ")
    assert "30.png: This picture is damaged" in complaint

    whole = out.read_bytes()
    process = start("read", pictures, "--out", out)
    said, _ = process.communicate(timeout=280)
    assert process.returncode == 1  # one of them is still without a reading
    assert said == f"{out}: 59 of 60 pictures read, 60 of them before.\n"
    assert out.read_bytes() == whole


def test_a_second_process_is_turned_away(pictures, tmp_path):
    out = tmp_path / "numbers.csv"
    first = start("read", pictures, "--out", out)
    until(lambda: out.exists() and out.stat().st_size)
    first.send_signal(signal.SIGSTOP)
    second = start("read", pictures, "--out", out)
    _, complaint = second.communicate(timeout=280)
    assert second.returncode == 2
    assert complaint == f"Another process is writing {out}; wait until it ends.\n"
    first.kill()
    first.communicate()


def test_rows_come_in_order_and_few_are_under_way():
    under_way = set()
    most = []

    def submit(path):
        under_way.add(path)
        most.append(len(under_way))
        return path

    def result(path):
        under_way.remove(path)
        return {"file": str(path)}

    paths = [Path(str(number)) for number in range(20)]
    rows = list(bulk.in_order(iter(paths), submit, result, 4))
    assert [row["file"] for row in rows] == list(map(str, paths))
    assert max(most) == 4


def test_no_pictures_are_no_rows():
    assert list(bulk.readings([], Path("nowhere"))) == []


def test_a_row_is_what_the_command_line_prints(tmp_path):
    classifier = Classifier(settings().models / "default")
    row = bulk.row("7.png", a_seven(tmp_path / "7.png"), classifier)
    assert list(row) == ["file", "text", "written", "numbers", "refused", "turned", "seconds"]
    assert row["text"] == "7"
    missing = bulk.row("x", tmp_path / "x", classifier)
    assert missing == {"file": "x", "error": "There is no such file."}


KILLED = """
import os, sys
from pathlib import Path
from digitrec import bulk
bulk.read = lambda *_: os.kill(os.getpid(), 9)
"""


def test_a_reader_killed_by_the_system_is_a_sentence(pictures, tmp_path):
    """Its process has this module to import, which reads by dying."""
    (tmp_path / "sitecustomize.py").write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    out = tmp_path / "numbers.csv"
    done = subprocess.run(
        [*PYTHON, "read", pictures, "--out", out],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "A process that reads was killed by the system, perhaps for want of memory.\n"
    )
