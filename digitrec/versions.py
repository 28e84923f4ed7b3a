"""A version's folder: what its report says, and whether its files are whole."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from digitrec.language import N_, Sentence, _, ngettext, number
from digitrec.runtime import MODEL, REPORT

DEFAULT = "default"  # the shipped version
KERAS = "model.keras"  # what training goes on from
SERVED = (MODEL,)  # what the version in service needs, beside its report
FILES = (KERAS, *SERVED)


@dataclass(frozen=True)
class Version:
    """One version folder. Accuracies from 0 to 1, None where its report does not say."""

    name: str
    folder: Path
    in_service: bool
    damaged: Sentence | None  # why
    note: str = ""
    created: str | None = None  # ISO 8601, UTC
    recipe: str | None = None
    schedule: str | None = None
    folds: int = 0
    mean: float | None = None
    std: float | None = None
    test_accuracy: float | None = None
    test_uncontested: float | None = None
    bytes: int = 0
    data: str = ""
    run: str | None = None  # the id of the one that made it
    comparison: dict[str, Any] | None = None  # as `scores.against` has it

    @property
    def shipped(self) -> bool:
        return self.name == DEFAULT


def read_version(folder: Path, *, in_service: bool) -> Version:
    """All that its files say; what is missing or damaged in them is left out."""
    found = read_report(folder) or {}
    try:
        note = (folder / "note.txt").read_text()
    except (OSError, ValueError):
        note = ""
    settings_of, data, test = (_part(found, key) for key in ("settings", "data", "test"))
    folds = found.get("folds")
    return Version(
        name=folder.name,
        folder=folder,
        in_service=in_service,
        damaged=damage(folder),
        note=note,
        created=_date(found.get("created")),
        recipe=_text(found.get("recipe")),
        schedule=_text(found.get("schedule")),
        folds=len(folds) if isinstance(folds, list) else 0,
        mean=_number(found.get("mean")),
        std=_number(found.get("std")),
        test_accuracy=_number(test.get("accuracy")),
        test_uncontested=_number(test.get("accuracy_without_contested")),
        bytes=sum(map(_size, (folder / file for file in FILES))),
        data=_learnt_from(data, settings_of),
        run=_text(found.get("run")),
        comparison=_comparison(found),
    )


def _comparison(found: dict[str, Any]) -> dict[str, Any] | None:
    """With the version that was in service then; None where it is missing or makes no sense."""
    part = _part(found, "comparison")
    counts = ("p_value", "only_this_right", "only_other_right")
    whole = _text(part.get("with")) and None not in (_number(part.get(key)) for key in counts)
    return part if whole else None


def _learnt_from(data: dict[str, Any], settings_of: dict[str, Any]) -> str:
    count, corrected = data.get("train"), data.get("examples")
    images = examples = ""
    if isinstance(count, int):
        images = _("{count} MNIST images, seed {seed}").format(
            count=number(count), seed=settings_of.get("seed")
        )
    if isinstance(corrected, int) and corrected:
        examples = ngettext("{count} example", "{count} examples", corrected).format(
            count=number(corrected)
        )
    if images and examples:
        return _("{images} and {examples}").format(images=images, examples=examples)
    return images or examples


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # `damage` tells
        return 0


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _date(value: object) -> str | None:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return str(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _part(found: dict[str, Any], key: str) -> dict[str, Any]:
    part = found.get(key)
    return part if isinstance(part, dict) else {}


def read_report(folder: Path) -> dict[str, Any] | None:
    """What ``report.json`` says; None when it is missing or no report."""
    try:
        found = json.loads((folder / REPORT).read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def temperature(found: dict[str, Any]) -> float:
    """What a report says that the logits are divided by, above 0 and finite.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` where it says no such thing.
    """
    value = float(found["calibration"]["temperature"])
    if not 0 < value < math.inf:
        raise ValueError(value)
    return value


def file_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """What a report says of each of `FILES`, by which damage is told. Raises ``OSError``."""
    facts = {}
    for file in FILES:
        content = (folder / file).read_bytes()
        facts[file] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return facts


def damage(folder: Path, files: tuple[str, ...] = FILES) -> Sentence | None:
    """What of a version's report and these of its files is missing or damaged, or None.

    Cheap once known: files are hashed when they change.
    """
    stamp = []
    for file in (REPORT, *files):
        try:
            status = (folder / file).stat()
        except OSError:
            return Sentence(N_("The file {file} is missing."), {"file": str(folder / file)})
        stamp.append((status.st_mtime_ns, status.st_size, status.st_ino))
    damaged = _inspect(folder, files, tuple(stamp))
    if damaged is None:
        return None
    return Sentence(N_("The file {file} is damaged."), {"file": str(folder / damaged)})


@lru_cache(maxsize=256)
def _inspect(folder: Path, files: tuple[str, ...], stamp: tuple[Any, ...]) -> str | None:
    """The first file that is damaged."""
    del stamp  # only there so that a changed file is looked at again
    found = read_report(folder) or {}
    try:
        temperature(found)
        expected = {file: found["files"][file]["sha256"] for file in files}
    except (KeyError, TypeError, ValueError):
        return REPORT
    for file, sha in expected.items():
        try:
            whole = hashlib.sha256((folder / file).read_bytes()).hexdigest() == sha
        except OSError:
            whole = False
        if not whole:
            return file
    return None
