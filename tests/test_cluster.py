"""Folds and bulk reading on a local Ray of two nodes with a core each."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digitrec import jobs
from digitrec.settings import ROOT

ray = pytest.importorskip("ray", reason="the extra ray is not installed")
PYTHON = [sys.executable, "-m", "digitrec"]
SAMPLES = ROOT / "digitrec" / "ui" / "samples"
TRAIN = ("train", "--engine", "ray", "--recipe", "compact", "--schedule", "quick", "--folds", "2")


@pytest.fixture(scope="module")
def environment():
    from ray.cluster_utils import Cluster

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("RAY_worker_niceness", "0")  # else a busy machine lets the tasks starve
    node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    cluster.add_node(**node)
    yield {**os.environ, "RAY_ADDRESS": cluster.address}
    cluster.shutdown()
    monkeypatch.undo()


def start(environment, *arguments):
    return subprocess.Popen(
        [*PYTHON, *map(str, arguments)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def events(run, models):
    lines = (jobs.runs_folder(models) / run / "events.jsonl").read_text().split("\n")
    return [json.loads(line) for line in lines if line]


@pytest.mark.timeout(900)  # three networks, one after another on a busy machine
def test_a_run_that_was_killed_goes_on_on_the_cluster_to_the_same_events_and_report(
    environment, tmp_path
):
    small = ("--epochs", "4", "--limit", "1000", "--name", "small", "--models", tmp_path)
    process = start(environment, *TRAIN, *small)
    first = process.stdout.readline()
    assert "epoch" in first, process.stderr.read()  # two may be told at once
    process.kill()
    process.communicate()
    (run,) = jobs.history(tmp_path)
    assert run.state == "interrupted"
    again = ("train", "--engine", "ray", "--resume", run.id, "--models", tmp_path)
    process = start(environment, *again)
    out, err = process.communicate(timeout=800)
    assert process.returncode == 0, err
    assert "Accuracy: mean=" in out
    report = json.loads((tmp_path / "small" / "report.json").read_text())
    assert len(report["folds"]) == 2
    assert report["device"] == "Ray, 2 nodes, 2 CPUs"
    told = events(run.id, tmp_path)
    resumed = [i for i, event in enumerate(told) if event["event"] == "started"][1]
    fold = first.partition("  ")[0].lower()  # its name in the events
    begun = [e for e in told[resumed:] if e["event"] == "part" and e["part"] == fold]
    kept = [e["epoch"] for e in told[:resumed] if e["event"] == "epoch" and e["part"] == fold]
    assert kept
    assert begun[0]["history"][: len(kept)] == kept
    whole = [e["event"] for e in told if e.get("part") == "final" and e["event"] != "step"]
    assert whole == ["part", *["epoch"] * 4, "part done"]
    seen = jobs.snapshot(run.id, tmp_path)
    assert (seen.state, [part.epoch for part in seen.parts]) == ("done", [4, 4, 4])


def workers():
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"digitrec.worker" in path.read_bytes():
                found.append(path)
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_cancel_ends_the_tasks_and_their_processes(environment, tmp_path):
    before = set(workers())
    small = ("--epochs", "200", "--limit", "300", "--models", tmp_path)
    process = start(environment, *TRAIN, *small)
    deadline = time.monotonic() + 200
    while len(set(workers()) - before) < 2:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "the tasks did not begin"
        time.sleep(0.1)
    (run,) = jobs.history(tmp_path)
    jobs.cancel(run.id, tmp_path)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (1, "Cancelled.\n")
    assert jobs.snapshot(run.id, tmp_path).state == "cancelled"
    deadline = time.monotonic() + 60
    while set(workers()) - before:
        assert time.monotonic() < deadline, "a task outlived its run"
        time.sleep(0.1)


def test_pictures_are_read_on_the_cluster_in_their_order(environment, tmp_path):
    bad = tmp_path / "0.png"
    bad.write_bytes(b"no picture")
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    for out, engine in ((ours, "local"), (theirs, "ray")):
        arguments = ("read", bad, SAMPLES, tmp_path / "none.png", "--out", out)
        process = start(environment, *arguments, "--engine", engine)
        said, err = process.communicate(timeout=280)
        assert said == f"{out}: 6 of 8 pictures read.\n", err
        assert (process.returncode, len(err.splitlines())) == (1, 2)

    def rows(path):
        found = [json.loads(line) for line in path.read_text().splitlines()]
        return [{key: value for key, value in row.items() if key != "seconds"} for row in found]

    assert rows(ours) == rows(theirs)


def test_a_cluster_that_is_not_there_is_a_sentence(tmp_path):
    code = (
        "import sys; sys.modules['ray'] = None; from digitrec.cli import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    for arguments in (
        TRAIN,
        ("read", str(SAMPLES), "--engine", "ray", "--out", tmp_path / "x.csv"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in {1, 2}
        assert done.stderr == "Ray is not installed: pip install '.[ray]' adds it.\n"
