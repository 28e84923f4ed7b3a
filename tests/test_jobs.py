"""Runs from outside: started, followed, cancelled, killed, resumed; one at a time."""

import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from digitrec import (
    cluster_training,
    crossval,
    jobs,
    language,
    locks,
    registry,
    runs,
    speed,
    storage,
)
from digitrec.classifier import Classifier
from digitrec.datasets import as_input, mnist
from digitrec.jobs import BusyError, JobError
from digitrec.language import Sentence
from digitrec.recipes import LIMITS, Plan, PlanError
from digitrec.settings import ROOT

SMALL = Plan.of("compact", "quick", folds=2, epochs=2, images=300, name="small")


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


def prepared(models, plan=SMALL):
    folder, lock = jobs.prepare(plan, models)
    lock.close()
    return folder


def until(condition, seconds=400.0):
    """Wait on a busy machine; returns the condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return value


# What a run's events say.


def test_a_new_run_waits_with_all_its_parts(models):
    folder, lock = jobs.prepare(SMALL, models)
    seen = jobs.current(models)
    assert (seen.id, seen.state, seen.progress, seen.plan) == (folder.name, "starting", 0, SMALL)
    assert [part.name for part in seen.parts] == ["fold 1", "fold 2", "final"]
    assert [part.images for part in seen.parts] == [150, 150, 300]
    lock.close()
    assert jobs.current(models) is None
    assert jobs.snapshot(folder.name, models).state == "interrupted"


def test_each_reader_sees_the_messages_in_their_language(models, monkeypatch):
    folder, lock = jobs.prepare(SMALL, models)
    refused = storage.refusal(OSError(errno.ENOSPC, "No space left on device"))
    fold = {"part": runs.part_name("fold 2"), "why": refused}
    runs.write_event(folder, "failed", message=Sentence("{part}: {why}", fold))
    lock.close()
    spoken = []
    for code in ("fr", "en"):
        monkeypatch.setattr(language, "_ask", lambda code=code: code)
        spoken.append(jobs.snapshot(folder.name, models).message)
    assert spoken == ["Pli 2\u00a0: le disque est plein.", "Fold 2: the disk is full."]


def test_messages_from_before_stay_as_they_were_written(models, monkeypatch):
    folder = prepared(models)
    runs.write_event(folder, "failed", message="Pli 1 : le {disque} est plein.")
    assert jobs.snapshot(folder.name, models).message == "Pli 1 : le {disque} est plein."


@pytest.mark.parametrize(
    "message",
    [
        {"english": "Done.", "values": []},
        {"english": "{version} is done.", "values": {}},
        {"english": 7, "values": {}},
        {"values": {}},
    ],
)
def test_a_run_with_a_damaged_message_is_left_out_of_the_history(models, message):
    bad, good = prepared(models), prepared(models)
    runs.write_event(bad, "done", message=message)
    assert [seen.id for seen in jobs.history(models)] == [good.name]
    with pytest.raises(JobError, match="no training run"):
        jobs.snapshot(bad.name, models)


def test_lines_that_a_full_disk_cut_short_are_passed_over(models):
    folder = prepared(models)
    runs.write_event(folder, "started", resumed=0)
    with (folder / "events.jsonl").open("ab") as file:
        file.write(b'\n{"t": 1, "event": "epo')
    assert jobs.snapshot(folder.name, models).state == "interrupted"
    runs.write_event(folder, "done", version="small", message="Done.")
    seen = jobs.snapshot(folder.name, models)
    assert (seen.state, seen.version, seen.progress) == ("done", "small", 1)


def test_an_event_is_told_whole_or_refused(models, monkeypatch):
    folder = prepared(models)
    monkeypatch.setattr(os, "write", lambda handle, data: len(data) // 2)
    with pytest.raises(OSError, match="No space left"):
        runs.write_event(folder, "message", message="x")


def test_a_look_each_second_takes_in_only_what_is_new(models, monkeypatch):
    folder, lock = jobs.prepare(SMALL, models)
    for done in range(4):
        runs.write_event(folder, "step", part="fold 1", done=done / 10)
    jobs.current(models)
    taken, take = [], runs.Run._take
    monkeypatch.setattr(
        runs.Run, "_take", lambda run, event: taken.append(event) or take(run, event)
    )
    runs.write_event(folder, "step", part="fold 1", done=0.4)
    for _ in range(2):
        assert jobs.current(models).parts[0].step == 0.4
    assert [event["done"] for event in taken] == [0.4]
    lock.close()


def test_what_is_no_run_is_no_run(models):
    with pytest.raises(JobError, match="no training run"):
        jobs.snapshot("../../etc", models)
    assert jobs.history(models) == []
    (jobs.runs_folder(models) / "empty").mkdir(parents=True)
    assert jobs.history(models) == []
    assert jobs.log("none", models) == ""


def test_history_is_newest_first_and_forgets(models):
    first, second = prepared(models), None
    until(lambda: time.strftime("%S") != first.name[13:15], 3)
    second = prepared(models)
    assert [seen.id for seen in jobs.history(models)] == [second.name, first.name]
    jobs.forget(first.name, models)
    assert [seen.id for seen in jobs.history(models)] == [second.name]


def test_what_may_not_be_removed_is_said_so_and_stays(models, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EACCES, "Permission denied")

    folder = prepared(models)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(JobError, match="cannot be removed: this user may not write there"):
            jobs.forget(folder.name, models)
    assert len(jobs.history(models)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # killed before it is done
        jobs.forget(folder.name, models)
    assert jobs.history(models) == []
    jobs.forget(prepared(models).name, models)
    assert [path.name for path in jobs.runs_folder(models).iterdir()] == [locks.LOCK]


def test_a_run_that_another_process_removed_is_no_run(models):
    folder = prepared(models)
    jobs.snapshot(folder.name, models)
    shutil.rmtree(folder)
    with pytest.raises(JobError, match="no training run"):
        jobs.snapshot(folder.name, models)


def test_a_measurement_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(speed, "TIMEOUT", 0.1)
    command = [sys.executable, "-c", "import time; time.sleep(5)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            speed._answer(process)
        process.kill()


# Settings.


@pytest.mark.parametrize("name", LIMITS)
def test_settings_out_of_range_are_refused_in_a_sentence(name):
    low, high = LIMITS[name]
    for value in (low - 1, high + 1, "7", None if name == "seed" else float("nan"), True):
        if value is None:
            continue
        with pytest.raises(
            PlanError, match=rf"{name.replace('_', ' ').capitalize()}: choose .* to"
        ):
            Plan.of("compact", "quick", **{name: value})


def test_plans_of_the_recipes():
    tutorial = Plan.of("classic")
    assert (tutorial.folds, tutorial.epochs, tutorial.batch_size) == (5, 10, 32)
    assert tutorial.final_batch_size == 200
    assert (tutorial.seed, tutorial.images) == (1, 60_000)
    assert Plan.of("compact").schedule == "full"
    assert Plan.of("compact").folds == 0
    assert Plan.of("compact", folds=3).schedule == "quick"
    assert Plan.of("classic", batch_size=64).final_batch_size == 64
    assert Plan.from_dict(json.loads(json.dumps(tutorial.to_dict()))) == tutorial
    with pytest.raises(PlanError, match="no recipe"):
        Plan.of("none")
    with pytest.raises(PlanError, match="no schedule"):
        Plan.of("classic", "quick")


@pytest.mark.parametrize(
    ("cores", "expected"),
    [(2, [1, 1, 1, 1, 2, 2]), (4, [1, 1, 1, 1, 4, 4]), (8, [1] * 5 + [8]), (1, [1] * 6)],
)
def test_folds_side_by_side_leave_no_core_idle(cores, expected):
    threads = runs.threads_of(Plan.of("classic"), cores)
    assert list(threads) == ["final", "fold 1", "fold 2", "fold 3", "fold 4", "fold 5"]
    assert [*list(threads.values())[1:], threads["final"]] == expected


# One at a time.


HOLDING = """
import sys, time
from pathlib import Path
from digitrec import jobs
from digitrec.recipes import Plan
folder, lock = jobs.prepare(Plan.of("compact", name=sys.argv[2]), Path(sys.argv[1]))
print(folder.name, flush=True)
time.sleep(300)
"""


def hold(models, name):
    return subprocess.Popen(
        [sys.executable, "-c", HOLDING, models, name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_start_is_refused_and_the_lock_dies_with_its_holder(models):
    holder = hold(models, "held")
    run = holder.stdout.readline().strip()
    assert jobs.current(models).id == run
    with pytest.raises(BusyError, match="under way"):
        jobs.start(SMALL, models)
    assert len(jobs.history(models)) == 1
    with pytest.raises(JobError, match="cancel it first"):
        jobs.forget(run, models)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert jobs.current(models) is None
    assert jobs.snapshot(run, models).state == "interrupted"
    assert prepared(models).is_dir()


def test_of_two_starts_at_once_one_wins(models):
    both = [hold(models, f"held-{k}") for k in range(2)]
    lines = [process.stdout.readline() for process in both]
    assert sorted(map(bool, lines)) == [False, True]
    for process in both:
        process.kill()
    errors = [process.communicate()[1] for process in both]
    assert sum("BusyError: A training run is under way" in error for error in errors) == 1


def test_one_run_at_a_time_on_a_machine_whatever_the_folder(models, tmp_path):
    """Two apps with a models folder each; the first dies of kill -9 and leaves nothing locked."""
    holder = hold(models, "held")
    assert holder.stdout.readline()
    other = tmp_path / "other"
    with pytest.raises(BusyError, match=f"on this machine, in {models}; wait until it ends"):
        jobs.start(SMALL, other)
    assert jobs.current(other) is None
    assert jobs.history(other) == []
    holder.kill()
    holder.communicate()
    assert prepared(other).is_dir()


def test_another_users_run_in_the_same_folder_is_heeded(models, tmp_path, monkeypatch):
    """Its lock file for the machine is another one."""
    holder = hold(models, "held")
    assert holder.stdout.readline()
    (tmp_path / "theirs").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "theirs"))
    with pytest.raises(BusyError, match="A training run is under way; wait"):
        jobs.start(SMALL, models)
    holder.kill()
    holder.communicate()


def test_the_lock_file_has_a_place_without_a_runtime_folder(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    assert locks.machine_lock().parent.parent == Path(tempfile.gettempdir())


def link(folder, target):
    target.mkdir()
    folder.symlink_to(target)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: link(folder, folder.with_name("target")),
        lambda folder: folder.mkdir(0o700) or folder.chmod(0o750),
        lambda folder: folder.mkdir(0o700) or os.chown(folder, os.getuid() + 1, -1),
    ],
    ids=["a link", "lets others in", "another user's"],
)
def test_a_folder_of_locks_that_others_may_write_to_is_refused(models, tmp_path, monkeypatch, make):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = tmp_path / f"digitrec-{os.getuid()}"
    try:
        make(folder)
    except PermissionError:
        pytest.skip("only root may give a folder away")
    with pytest.raises(JobError, match=rf"the folder is not this user's alone \({folder}\)\."):
        jobs.start(SMALL, models)
    assert jobs.history(models) == []


def test_a_link_in_the_place_of_a_lock_is_not_written_through(models, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for lock in (jobs.runs_folder(models) / locks.LOCK, locks.machine_lock()):
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.unlink(missing_ok=True)
        lock.symlink_to(precious)
        with pytest.raises(JobError, match="cannot be written"):
            jobs.start(SMALL, models)
        lock.unlink()
    assert precious.read_text() == "mine"


def test_a_child_that_has_ended_is_no_zombie_though_nobody_looks(tmp_path):
    with (tmp_path / "log.txt").open("wb") as log:
        command = [sys.executable, "-c", "import os; print(os.getpid())"]
        runs.spawn(command, log, dict(os.environ)).join(60)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "log.txt").read_text()), 0)


def test_two_looks_at_once_may_find_that_a_child_has_ended(models, monkeypatch):
    both = threading.Barrier(2)

    class Ended:
        def __init__(self, *_, **__):
            """No process is started."""

        def poll(self):
            both.wait(10)
            return 0

        wait = staticmethod(lambda: 0)

    monkeypatch.setattr(subprocess, "Popen", Ended)
    jobs.start(SMALL, models)
    with ThreadPoolExecutor(2) as sessions:
        seen = list(sessions.map(jobs.history, [models, models]))
    assert [[run.state for run in found] for found in seen] == [["interrupted"]] * 2


def test_a_taken_name_is_refused(models):
    (models / "small").mkdir(parents=True)
    with pytest.raises(JobError, match="exists already"):
        jobs.start(SMALL, models)
    (models / "small").rmdir()
    (models / "small").symlink_to("nowhere")
    with pytest.raises(JobError, match="exists already"):
        jobs.start(SMALL, models)


@pytest.mark.parametrize(
    ("folder", "words"),
    [("a" * 300, "the name is too long"), ("circle", "its links lead in a circle")],
)
def test_a_folder_that_cannot_be_is_a_sentence(tmp_path, folder, words):
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(JobError, match=f"The run cannot be written: {words}"):
        jobs.start(SMALL, tmp_path / folder)


def test_a_folder_s_name_need_not_be_text(tmp_path):
    models = tmp_path / os.fsdecode(b"caf\xe9")
    _, lock = jobs.prepare(SMALL, models)
    with pytest.raises(BusyError, match=f"on this machine, in {models};"):
        jobs.prepare(SMALL, tmp_path / "other")
    lock.close()


@pytest.mark.parametrize(
    ("code", "words"), [(errno.EROFS, "may only be read"), (errno.ENOSPC, "disk is full")]
)
def test_a_folder_that_takes_no_run_is_said_so(models, monkeypatch, code, words):
    def fail(*_):
        raise OSError(code, os.strerror(code), "models")

    monkeypatch.setattr(storage, "write", fail)
    with pytest.raises(JobError, match=words):
        jobs.start(SMALL, models)
    assert jobs.current(models) is None  # the lock was let go


STARTING = """
import sys
from pathlib import Path
from digitrec import jobs
from digitrec.recipes import Plan
try:
    jobs.start(Plan.of("compact"), Path(sys.argv[1]))
except jobs.JobError as error:
    print(error)
"""


def test_a_read_only_folder_starts_no_run_and_shows_its_history(models, heeding_modes):
    jobs.forget(prepared(models).name, models)
    for folder in (models, jobs.runs_folder(models)):
        folder.chmod(0o555)
    command = [*heeding_modes, sys.executable, "-c", STARTING, models]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for folder in (models, jobs.runs_folder(models)):
        folder.chmod(0o755)
    assert done.stdout.startswith("The run cannot be written: this user may not write there")
    assert len(done.stdout.splitlines()) == 1
    assert jobs.history(models) == []


# Parts that fail.


def with_worker(monkeypatch, code):
    """Parts do this instead; gives the list of their processes, the first one first."""
    started, start = [], crossval.start_worker

    def kept(*arguments):
        started.append(start(*arguments))
        return started[-1]

    monkeypatch.setattr(crossval, "WORKER", (sys.executable, "-c", code))
    monkeypatch.setattr(crossval, "start_worker", kept)
    return started


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print('reason: \"the disk is full.\"'); raise SystemExit(1)", "Fold 1: the disk is"),
        ("import os; os.kill(os.getpid(), 9)", r"Fold 1: killed by the system \(signal 9\)"),
        ("raise SystemExit(3)", "Fold 1: ended with status 3; the log says why"),
    ],
)
def test_a_part_that_fails_fails_the_run_in_a_sentence(models, monkeypatch, code, message):
    code = f"import sys, time\nif sys.argv[2] != 'fold 1': time.sleep(100)\n{code}"
    started = with_worker(monkeypatch, code)
    folder = prepared(models)
    with pytest.raises(crossval.RunError, match=message):
        crossval.carry_out(folder)
    assert all(part.returncode for part in started)  # the other one was not waited for
    seen = jobs.snapshot(folder.name, models)
    assert (seen.state, seen.resumable) == ("failed", True)
    assert seen.message.startswith("Fold 1")


def test_cancel_ends_the_parts(models, monkeypatch):
    started = with_worker(monkeypatch, "import time; time.sleep(100)")
    folder = prepared(models)
    with pytest.raises(crossval.CancelledError):
        crossval.carry_out(folder, lambda _: (folder / "cancel").touch())
    assert started
    assert {part.returncode for part in started} == {-signal.SIGKILL}
    seen = jobs.snapshot(folder.name, models)
    assert (seen.state, seen.message, seen.resumable) == ("cancelled", "Cancelled.", False)
    with pytest.raises(JobError, match="nothing to go on with"):
        jobs.resume(folder.name, models)


def finished(folder):
    """All parts of the run are done."""
    run = runs.Run.load(folder)
    content = storage.npz(result=np.array("{}"), probabilities=np.zeros(1))
    for part in run.parts:
        storage.write(run.part_path(part, "result.npz"), content)


def test_a_part_whose_result_is_damaged_is_done_again(models, monkeypatch):
    with_worker(monkeypatch, "import sys; sys.exit(f'{sys.argv[2]} again')")
    folder = prepared(models)
    finished(folder)
    (folder / "fold-2.result.npz").write_bytes(b"PK half of it")
    with pytest.raises(crossval.RunError, match="Fold 2: ended with status 1"):
        crossval.carry_out(folder)
    assert jobs.log(folder.name, models) == "fold 2 again\n"


@pytest.mark.parametrize("step", ["keep_examples", "report_of"])
def test_cancel_is_heeded_before_and_after_the_parts(models, monkeypatch, step):
    folder = prepared(models)
    finished(folder)
    monkeypatch.setattr(crossval, step, lambda *_: (folder / "cancel").touch())
    with pytest.raises(crossval.CancelledError):
        crossval.carry_out(folder)
    assert jobs.snapshot(folder.name, models).state == "cancelled"


def test_a_name_that_others_take_meanwhile_costs_no_run(models, monkeypatch, make_version):
    """Killed when the version is there, it finds it again under the name it got."""

    def killed(*_):
        raise KeyboardInterrupt

    folder = prepared(models, replace(SMALL, serve=True))
    finished(folder)
    make_version(folder, "version")
    make_version(models, "small")
    said = {"run": folder.name, "calibration": {"temperature": 1.0}}
    monkeypatch.setattr(crossval, "report_of", lambda *_: said)
    with monkeypatch.context() as patch:
        patch.setattr(registry, "serve", killed)
        with pytest.raises(KeyboardInterrupt):
            crossval.carry_out(folder)
    assert crossval.carry_out(folder) == "small-2"
    assert jobs.snapshot(folder.name, models).version == "small-2"
    assert registry.in_service(models) == "small-2"


def test_ctrl_c_leaves_the_epochs_to_go_on_with(models, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    folder = prepared(models)
    (folder / "fold-1.checkpoint.npz").touch()
    monkeypatch.setattr(crossval, "keep_examples", interrupt)
    with pytest.raises(KeyboardInterrupt):
        crossval.carry_out(folder)
    assert jobs.snapshot(folder.name, models).resumable
    assert (folder / "fold-1.checkpoint.npz").exists()


def test_a_run_stops_with_whoever_read_its_output(models, monkeypatch):
    def gone(*_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    started = with_worker(monkeypatch, "import time; time.sleep(100)")
    folder = prepared(models)
    with pytest.raises(BrokenPipeError):
        crossval.carry_out(folder, gone)
    assert {part.returncode for part in started} == {-signal.SIGKILL}
    seen = jobs.snapshot(folder.name, models)
    assert (seen.state, seen.resumable) == ("failed", True)
    assert seen.message.startswith("Stopped, as nobody reads its output any more")


def test_a_full_disk_while_events_are_written_ends_in_a_sentence(models, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "events.jsonl")

    folder = prepared(models)
    monkeypatch.setattr(storage, "append", fail)
    with pytest.raises(crossval.RunError, match="the disk is full"):
        crossval.carry_out(folder)


FITTING = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
(folder / "version").mkdir()
names = ("version/model.keras", "version/model.tflite", "final.result.npz", "final.checkpoint.npz")
for name in names:
    (folder / name).touch()
while not Path("{go}").exists():
    time.sleep(0.01)
"""


def test_a_result_leaves_its_node_after_the_version(monkeypatch, tmp_path):
    """A run that is killed while it takes them must not think that all of them are there."""
    go = tmp_path / "go"
    with_worker(monkeypatch, FITTING.format(go=go))
    monkeypatch.setattr(cluster_training, "POLL_SECONDS", 0)
    taken = []
    for files, _, _ in cluster_training.work({}, "final", 1):
        taken += files
        go.touch()
    assert taken[0] == "final.checkpoint.npz"
    assert sorted(taken[1:3]) == ["version/model.keras", "version/model.tflite"]
    assert taken[3:] == ["final.result.npz"]


def test_an_interrupted_run_is_cancelled_without_a_process(models):
    folder = prepared(models)
    (folder / "fold-1.checkpoint.npz").touch()
    jobs.cancel(folder.name, models)
    assert jobs.snapshot(folder.name, models).state == "cancelled"
    assert not list(folder.glob("*.npz"))


def test_an_interrupted_run_has_not_worked_until_it_was_cancelled(models):
    folder = prepared(models)
    os.utime(folder / "plan.json", (1000, 1000))
    runs.write_event(folder, "started", t=1000, resumed=0)
    runs.write_event(folder, "step", t=1060, part="fold 1", done=0.1)
    jobs.cancel(folder.name, models)
    seen = jobs.snapshot(folder.name, models)
    assert (seen.state, seen.seconds, seen.ended) == ("cancelled", 60, 1060)


@pytest.mark.parametrize(
    ("act", "where", "step"),
    [(jobs.cancel, runs, "write_event"), (jobs.forget, Path, "rename")],
    ids=["cancelled", "removed"],
)
def test_no_run_goes_on_while_it_is_cancelled_or_removed(models, monkeypatch, act, where, step):
    hurried = SimpleNamespace(monotonic=itertools.count(step=60).__next__, sleep=lambda _: None)
    folder, take = prepared(models), getattr(where, step)

    def meanwhile(*arguments, **options):
        with monkeypatch.context() as patch:
            patch.setattr(storage, "time", hurried)  # nobody waits for what this test holds
            with pytest.raises(BusyError, match="under way; wait"):
                jobs.reopen(folder.name, models)
        return take(*arguments, **options)

    monkeypatch.setattr(where, step, meanwhile)
    act(folder.name, models)
    assert not storage.is_locked(locks.machine_lock())
    with pytest.raises(JobError, match=r"nothing to go on with|no training run"):
        jobs.reopen(folder.name, models)


def test_a_failed_run_that_was_just_resumed_is_under_way(models):
    folder = prepared(models)
    runs.write_event(folder, "failed", message="The disk is full.")
    folder, lock = jobs.reopen(folder.name, models)
    with pytest.raises(JobError, match="cancel it first"):
        jobs.forget(folder.name, models)
    jobs.cancel(folder.name, models)
    with pytest.raises(crossval.CancelledError):
        crossval.carry_out(folder)
    lock.close()
    jobs.forget(folder.name, models)


def test_recover_gives_up_on_what_vanishes_each_time(models, monkeypatch):
    folder = prepared(models)
    monkeypatch.setattr(jobs, "_spawn", lambda folder, lock: lock.close())
    assert jobs.recover(models) == folder.name
    runs.write_event(folder, "started", resumed=jobs.RESUMED_AT_MOST)
    assert jobs.recover(models) is None


def test_recover_does_not_bring_back_what_was_to_stop(models, monkeypatch):
    folder, lock = jobs.prepare(SMALL, models)
    jobs.cancel(folder.name, models)
    lock.close()  # as its process dies
    monkeypatch.setattr(jobs, "_spawn", lambda folder, lock: lock.close())
    assert jobs.recover(models) is None
    with pytest.raises(JobError, match="nothing to go on with"):
        jobs.resume(folder.name, models)
    assert jobs.snapshot(folder.name, models).state == "cancelled"


# A real run, with real bad luck.

TENSORFLOW_S_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as it exports


def processes(word):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in path.read_bytes().decode():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


PAGE = """
import sys, time
from pathlib import Path
from digitrec import jobs
from digitrec.recipes import Plan
print(jobs.start(Plan.of("compact", "quick"), Path(sys.argv[1])), flush=True)
time.sleep(300)
"""


def test_a_run_outlives_the_page_that_started_it(models):
    """The app is killed, or its terminal closed; the next one finds the run and can cancel it."""
    command = [sys.executable, "-c", PAGE, models]
    page = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    run = page.stdout.readline().strip()
    until(lambda: jobs.snapshot(run, models).state == "running")
    os.killpg(page.pid, signal.SIGKILL)
    page.communicate()
    assert jobs.current(models).id == run
    with pytest.raises(BusyError):
        jobs.start(SMALL, models)
    jobs.cancel(run, models)
    until(lambda: not storage.is_locked(locks.machine_lock()))
    assert jobs.snapshot(run, models).state == "cancelled"


@TENSORFLOW_S_OWN
def test_a_run_whose_disk_fills_up_goes_on_when_there_is_room(small_disk, in_this_process):
    """The disk has room for the run but not for its first checkpoint."""
    plan = Plan.of("compact", "quick", folds=0, epochs=1, images=100, name="squeezed")
    folder = prepared(small_disk, plan)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(1_500_000))
    with pytest.raises(crossval.RunError, match="All images: the disk is full"):
        crossval.carry_out(folder)
    seen = jobs.snapshot(folder.name, small_disk)
    assert (seen.state, seen.resumable) == ("failed", True)
    assert [path.name for path in folder.glob("*.npz")] == []  # nothing half-written either
    assert [path.name for path in folder.glob(".*")] == []

    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
    folder, lock = jobs.reopen(folder.name, small_disk)
    assert crossval.carry_out(folder, engine=in_this_process) == "squeezed"
    lock.close()
    assert jobs.snapshot(folder.name, small_disk).state == "done"
    assert registry.version("squeezed", small_disk).damaged is None


def kill(run, models):
    """No process is left, and the run can go on."""
    supervisor = [
        pid for pid in processes(run) if b"crossval" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.kill(supervisor[0], signal.SIGKILL)
    until(lambda: not processes(run), 20)
    seen = jobs.snapshot(run, models)
    assert (seen.state, seen.resumable) == ("interrupted", True)
    assert jobs.current(models) is None


@TENSORFLOW_S_OWN
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_run_killed_in_the_middle_goes_on_from_its_last_epoch(models, in_this_process):
    """Killed with its folds under way, and again as it goes on: one epoch at most is lost."""
    plan = Plan.of("compact", "quick", folds=2, epochs=4, images=800, name="killed", serve=True)
    shutil.copytree(ROOT / "models" / "default", models / "default")
    run = jobs.start(plan, models)
    with pytest.raises(BusyError):
        jobs.start(plan, models)
    seen = until(lambda: (s := jobs.snapshot(run, models)).parts[0].epoch >= 1 and s)
    assert seen.state == "running"
    kept = [part.epoch for part in seen.parts]
    kill(run, models)

    assert jobs.recover(models) == run
    seen = until(lambda: (s := jobs.snapshot(run, models)).resumed and s)
    assert "Resumed" in seen.message
    assert sum(part.epoch for part in seen.parts) >= sum(kept)
    kill(run, models)

    folder, lock = jobs.reopen(run, models)
    assert crossval.carry_out(folder, engine=in_this_process) == "killed"
    lock.close()
    seen = jobs.snapshot(run, models)
    assert seen.state == "done"
    assert [part.epoch for part in seen.parts] == [4, 4, 4]
    told = map(json.loads, filter(None, (folder / "events.jsonl").read_text().splitlines()))
    learnt = [event for event in told if (event["event"], event.get("part")) == ("epoch", "fold 1")]
    assert len(learnt) <= 4  # none again that had been kept
    assert seen.version == "killed"
    assert registry.in_service(models) == "killed"
    report = registry.report("killed", models)
    assert len(report["folds"]) == 2
    assert report["out_of_fold"]["images"] == 800
    assert report["comparison"]["with"] == "default"
    # It says how the version reads, second looks and all.
    classifier, data = Classifier(models / "killed"), mnist()
    for named, read in (
        ("accuracy", classifier.probabilities),
        ("accuracy_at_sight", classifier.at_sight),
    ):
        answers = read(as_input(data.x_test))[:, :10].argmax(1)
        assert report["test"][named] == (answers == data.y_test).mean()
    assert report["test"]["accuracy"] != report["test"]["accuracy_at_sight"]
    assert not storage.is_locked(locks.machine_lock())
    assert not list((jobs.runs_folder(models) / run).glob("*.npz"))
    assert jobs.estimate_known(plan, models) is None  # so few images teach no pace
    assert speed.known(Plan.of("classic"), jobs.runs_folder(models)) is None
