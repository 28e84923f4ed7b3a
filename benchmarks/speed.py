"""How fast digitrec is and how much memory it takes: the command line, a photo, the page."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import web
from benchmarks.pages import photograph
from benchmarks.tables import conditions, table
from digitrec import datasets
from digitrec.classifier import in_service
from digitrec.reader import read
from digitrec.settings import ROOT

PARTS = ("process", "photo", "web")
HEAD = ("measured", "figure")

# Linux counts the memory of who starts a process as that process's peak, so a small one does it.
STARTER = """
import os, sys, time
start = time.perf_counter()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def main(arguments: list[str] | None = None) -> str:
    """Measure, and return the tables as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--runs", type=int, default=9, help="repetitions; medians are shown")
    options = parser.parse_args(arguments)
    rows: list[tuple[str, str]] = []
    if "process" in options.only:
        rows += _process(options.runs)
    if "photo" in options.only:
        rows += _photo(options.runs)
    if "web" in options.only:
        rows += web.rows()
    return f"{conditions(in_service())} Medians of {options.runs} runs.\n\n{table(HEAD, rows)}"


def _process(runs: int) -> list[tuple[str, str]]:
    """Whole processes: `python -m digitrec read` on a photo that is a file."""
    with tempfile.TemporaryDirectory() as folder:
        phone, huge = Path(folder) / "photo.jpg", Path(folder) / "huge.jpg"
        phone.write_bytes(photograph(12, 1, 1))
        huge.write_bytes(photograph(49.9, 10, 10))
        timed = [_spent(phone) for _ in range(runs)]
        peak = _spent(huge)[1]
        imports = _command(phone, "-X", "importtime").stderr.decode()
    seconds = median(s for s, _ in timed)
    megabytes = median(m for _, m in timed)
    return [
        ("new process reads a 12-megapixel photo, wall time", f"{seconds:.2f} s"),
        ("… its peak memory", f"{megabytes:.0f} MB"),
        ("… imports tensorflow", "yes" if "tensorflow" in imports else "no"),
        ("… peak memory, a 50-megapixel page of 100 digits", f"{peak:.0f} MB"),
    ]


def _command(photo: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *options, "-m", "digitrec", "read", str(photo)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _spent(photo: Path) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one `python -m digitrec read`."""
    told = subprocess.run(
        [sys.executable, "-S", "-c", STARTER, sys.executable, "-m", "digitrec", "read", photo],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    seconds, peak = told.stdout.split()
    return float(seconds), float(peak) / (1000 if sys.platform != "darwin" else 1e6)


def _photo(runs: int) -> list[tuple[str, str]]:
    """In this process, warm: what each further picture costs."""
    classifier = in_service()
    one = datasets.as_input(datasets.mnist().x_test[:1])
    digit = _median(lambda: classifier.probabilities(one), 200 * runs)
    large, page = photograph(12, 1, 1), photograph(12, 10, 10)
    return [
        ("classifier, one digit, one core", f"{1000 * digit:.2f} ms"),
        (
            "a 12-megapixel photo of one large digit",
            f"{1000 * _median(lambda: read(large), runs):.0f} ms",
        ),
        (
            "a 12-megapixel page of 100 digits",
            f"{1000 * _median(lambda: read(page), runs):.0f} ms",
        ),
    ]


def _median(work: Callable[[], object], runs: int) -> float:
    """Seconds, the first run not counted."""
    work()
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return float(np.median(spent))


if __name__ == "__main__":
    print(main())
