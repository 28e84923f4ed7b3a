"""How long a plan takes, from steps measured on this machine: ``models/.runs/speed.json``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from digitrec import runs, storage
from digitrec.language import _
from digitrec.recipes import Plan
from digitrec.runs import FINAL, Run
from digitrec.settings import ROOT

FILE = "speed.json"
LOOKING = 1 / 3  # the time of an image looked at to one trained on: no gradients
STARTING = 10.0  # seconds until a part's process trains, until one has been measured
TIMEOUT = 300  # seconds


def known(plan: Plan, store: Path) -> float | None:
    """Seconds for the whole plan, or None where a step of its kind was never measured here."""
    measured = _read(store)
    cores = os.cpu_count() or 1
    threads = runs.threads_of(plan, cores)
    starting = measured.get("starting", STARTING)
    total, in_wave, width = 0.0, 0.0, 0
    for part in runs.parts_of(plan):
        pace = measured.get(_key(plan, part.name, threads[part.name]))
        if pace is None:
            return None
        if width + threads[part.name] > cores:  # it waits for the parts before it
            total, in_wave, width = total + in_wave, 0.0, 0
        width += threads[part.name]
        in_wave = max(in_wave, starting + pace * part.epochs * _looks(plan, part))
    return total + in_wave


def measure(plan: Plan, store: Path) -> float:
    """Time a few steps of the plan's kind, then as `known`. Takes about a quarter of a minute.

    Raises ``OSError``, ``subprocess.SubprocessError`` or ``ValueError`` when that fails.
    """
    cores = os.cpu_count() or 1
    found: dict[str, float] = {}
    for part, threads in runs.threads_of(plan, cores).items():
        key = _key(plan, part, threads)
        if key in found:
            continue
        began = time.monotonic()
        found[key], stepping = _steps(plan, threads, side_by_side=cores // threads)
        found["starting"] = time.monotonic() - began - stepping
    _add(store, found)
    seconds = known(plan, store)
    if seconds is None:
        raise OSError(_("the measured steps could not be kept"))
    return seconds


def learn(run: Run) -> None:
    """Keep the pace of a finished run's epochs, which beats that of a few steps.

    Not of a run on few images: there the first step, which builds the graph, is most of an epoch.
    """
    if run.plan.images < 10_000:
        return
    threads = runs.threads_of(run.plan, os.cpu_count() or 1)
    paces: dict[str, list[float]] = {}
    for part in run.parts.values():
        seconds = [epoch.seconds for epoch in part.history]
        pace = sum(seconds) / len(seconds) / _looks(run.plan, part)
        paces.setdefault(_key(run.plan, part.name, threads[part.name]), []).append(pace)
    _add(run.folder.parent, {key: sum(p) / len(p) for key, p in paces.items()})


def _steps(plan: Plan, threads: int, side_by_side: int) -> tuple[float, float]:
    """Seconds an image, and those the slowest process spent on its steps."""
    command = [sys.executable, "-m", "digitrec.worker", json.dumps(plan.to_dict())]
    processes = [
        subprocess.Popen(  # noqa: S603
            [*command, "measure", str(threads)],
            cwd=ROOT,
            env=runs.quiet(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(max(1, side_by_side))
    ]
    try:
        answers = [json.loads(_answer(process)) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    pace = sum(answer["pace"] for answer in answers) / len(answers)
    return pace, max(answer["stepping"] for answer in answers)


def _answer(process: subprocess.Popen[str]) -> str:
    """Its one line, once it has ended: to wait with `communicate` would end it (`worker`)."""
    assert process.stdout is not None  # noqa: S101
    if status := process.wait(TIMEOUT):
        raise subprocess.CalledProcessError(status, process.args)
    return process.stdout.readline()


def _looks(plan: Plan, part: runs.Part) -> float:
    """Images an epoch goes through, those only looked at counted for what they cost."""
    held_out = plan.images - part.images if part.name != FINAL else 10_000
    return part.images + LOOKING * held_out


def _key(plan: Plan, part: str, threads: int) -> str:
    size = plan.final_batch_size if part == FINAL else plan.batch_size
    return f"{plan.recipe} {plan.schedule} {size} {threads}"


def _read(store: Path) -> dict[str, float]:
    try:
        found: Any = json.loads((store / FILE).read_text())
        return {str(key): float(value) for key, value in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _add(store: Path, found: dict[str, float]) -> None:
    store.mkdir(parents=True, exist_ok=True)
    storage.write(store / FILE, json.dumps(_read(store) | found, indent=1) + "\n")
