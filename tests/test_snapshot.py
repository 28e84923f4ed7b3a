"""A run as it stands: what becomes of its events, with its process and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digitrec.recipes import Plan
from digitrec.runs import Run, write_event
from digitrec.snapshot import Snapshot

SMALL = Plan.of("compact", "quick", folds=2, epochs=2, images=300, name="small")
EPOCH = {"loss": 1.0, "accuracy": 0.5, "val_loss": 0.9, "val_accuracy": 0.6, "seconds": 2.0}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "plan.json").write_text(json.dumps(SMALL.to_dict()))
    return Run.load(tmp_path)


def seen(run: Run) -> Snapshot:
    """As it stands while its process holds the lock."""
    return Snapshot.of(run.follow(), run.id)


def test_events_become_progress(run: Run) -> None:
    folder = run.folder
    write_event(folder, "started", resumed=0, estimate=100.0, message="Training: 2 folds.")
    now = seen(run)
    assert (now.state, now.message, now.seconds_left) == ("running", "Training: 2 folds.", 100)
    assert (now.under_way, now.resumable, now.ended) == (True, False, None)
    write_event(folder, "part", part="fold 1", history=[])
    write_event(folder, "epoch", part="fold 1", epoch=EPOCH)
    write_event(folder, "step", part="fold 1", done=0.5)
    part = seen(run).parts[0]
    assert (part.state, part.epoch, part.progress, part.accuracy) == ("running", 1, 0.75, 0.6)
    assert seen(run).progress == pytest.approx(0.75 * 150 / 600)
    assert seen(run).mean is None


def test_the_mean_is_that_of_the_finished_folds(run: Run) -> None:
    for fold, accuracy in (("fold 1", 0.8), ("fold 2", 0.6), ("final", 0.1)):
        write_event(run.folder, "part", part=fold, history=[])
        write_event(run.folder, "epoch", part=fold, epoch={**EPOCH, "val_accuracy": accuracy})
        write_event(run.folder, "part done", part=fold)
        now = seen(run)
        if fold == "fold 1":
            assert (now.mean, now.std) == (0.8, 0)
    assert now.accuracies == (0.8, 0.6)
    assert (now.mean, now.std) == pytest.approx((0.7, 0.1))


def test_a_failed_run_says_why_and_can_go_on(run: Run) -> None:
    write_event(run.folder, "started", resumed=0)
    write_event(run.folder, "failed", message="The disk is full.")
    now = seen(run)
    assert (now.state, now.message, now.resumable) == ("failed", "The disk is full.", True)
    assert now.ended is not None


@pytest.mark.parametrize("holder", [None, "another-run"])
def test_a_run_without_its_process_is_interrupted(run: Run, holder: str | None) -> None:
    write_event(run.folder, "started", resumed=1)
    now = Snapshot.of(run.follow(), holder)
    assert (now.state, now.under_way, now.resumable, now.resumed) == ("interrupted", False, True, 1)
    assert now.message.startswith("Its process ended without a word")


def test_a_run_that_died_when_it_was_to_stop_is_cancelled(run: Run) -> None:
    write_event(run.folder, "started", resumed=0)
    (run.folder / "cancel").touch()
    assert seen(run).state == "running"
    now = Snapshot.of(run.follow(), None)
    assert (now.state, now.message, now.resumable) == ("cancelled", "Cancelled.", False)


def test_a_run_that_ends_between_two_looks_has_ended(run: Run) -> None:
    write_event(run.folder, "started", resumed=0)
    run.follow()
    write_event(run.folder, "done", version="small", message="Done.")
    now = Snapshot.of(run, None)  # the lock is free already, the last event not yet seen
    assert (now.state, now.version, now.progress) == ("done", "small", 1)
