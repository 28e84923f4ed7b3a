"""Markdown tables, and the one line that says what machine and model the figures are from."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from digitrec.classifier import Classifier
from digitrec.runtime import MODEL
from digitrec.settings import settings


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table: the first column to the left, the rest to the right."""
    ruler = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (head, ruler, *rows))


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "–"


def conditions(classifier: Classifier) -> str:
    """Machine, model and its SHA-256 prefix."""
    network = settings().models / classifier.name / MODEL
    sha = hashlib.sha256(network.read_bytes()).hexdigest()[:12]
    return f"{os.cpu_count()} cores of an {processor()}; model `{classifier.name}`, SHA-256 {sha}."


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
