"""`models`, `export` and what `train` refuses, on the command line."""

import hashlib
import json
import shutil
import subprocess
import sys

import pytest

from digitrec import cli, cli_train, crossval, jobs, registry
from digitrec.recipes import Plan
from digitrec.settings import ROOT
from digitrec.versions import FILES


@pytest.fixture
def models(tmp_path):
    for name in ("default", "mine"):
        folder = tmp_path / name
        folder.mkdir()
        files = {}
        for file in FILES:
            (folder / file).write_bytes(name.encode())
            files[file] = {"bytes": 4, "sha256": hashlib.sha256(name.encode()).hexdigest()}
        report = {
            "recipe": "compact",
            "schedule": "quick",
            "created": "2026-02-03T00:00:00Z",
            "folds": [{}] * 5,
            "mean": 0.9925,
            "std": 0.0009,
            "test": {"accuracy": 0.9931},
            "calibration": {"temperature": 1},
            "mistakes": [{}],
            "files": files,
        }
        (folder / "report.json").write_text(json.dumps(report))
    return tmp_path


@pytest.fixture
def call(models, capsys):
    def call(*arguments):
        status = cli.main([*arguments, "--models", str(models)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


def test_the_list_says_what_serves(call):
    status, out, _ = call("models", "list")
    head, first, second = out.splitlines()
    assert status == 0
    assert head.split() == ["version", "date", "recipe", "cross-validated", "test", "MB", "note"]
    assert first.startswith("*  default")
    assert second.split()[:7] == ["mine", "2026-02-03", "compact", "quick", "99.250", "±", "0.090"]


def test_the_list_s_words_and_numbers_are_in_the_language_spoken(call, french, monkeypatch):
    monkeypatch.setattr(cli_train, "_", str.upper)
    head, first, _ = call("models", "list")[1].splitlines()
    assert head.split() == ["VERSION", "DATE", "RECIPE", "CROSS-VALIDATED", "TEST", "MB", "NOTE"]
    assert first.split()[5:] == ["99,250", "±", "0,090", "99,31", "0,0"]


@pytest.mark.parametrize("name", ["none", "empty", "a" * 300])
def test_a_list_without_versions_is_a_sentence(tmp_path, capsys, name):
    (tmp_path / "empty").mkdir()
    assert cli.main(["models", "list", "--models", str(tmp_path / name)]) == 1
    assert capsys.readouterr() == ("", f"No version can be found in {tmp_path / name}.\n")


def test_serve_roll_back_rename_note_and_delete(call, models):
    assert call("models", "serve", "mine")[:2] == (0, "mine is in service\n")
    assert registry.in_service(models) == "mine"
    assert call("models", "delete", "mine")[2].startswith("The version mine is in service")
    assert call("models", "rollback")[:2] == (0, "default is in service\n")
    assert call("models", "rename", "mine", "ours")[0] == 0
    assert call("models", "note", "ours", "the first")[0] == 0
    assert "the first" in call("models", "list")[1]
    assert call("models", "delete", "ours")[0] == 0
    assert [version.name for version in registry.versions(models)] == ["default"]


def test_show_prints_the_report_without_the_pictures(call):
    status, out, _ = call("models", "show", "mine")
    assert status == 0
    assert json.loads(out)["mean"] == 0.9925
    assert "mistakes" not in json.loads(out)


@pytest.mark.parametrize("action", ["show", "serve", "delete"])
def test_a_version_that_is_not_there(call, action):
    assert call("models", action, "none")[::2] == (1, "There is no version none.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "Epochs: choose a whole number from 1 to 200."),
        (["--folds", "11"], "Folds: choose a whole number from 2 to 10, or 0 for none."),
        (["--limit", "50"], "Images: choose a whole number from 100 to 60,000."),
        (["--name", "a/b"], "A version's name is made of letters"),
        (["--name", "mine"], "The version mine exists already"),
        (["--recipe", "classic", "--schedule", "quick"], "The recipe classic has no schedule"),
        (["--resume", "none"], "There is no training run none."),
    ],
)
def test_train_refuses_in_a_sentence(call, arguments, message):
    status, out, err = call("train", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith(message)


def test_train_waits_for_nobody(call, models):
    _, lock = jobs.prepare(Plan.of("compact"), models)
    status, _, err = call("train")
    assert (status, err.split(";")[0]) == (1, "A training run is under way")
    lock.close()


@pytest.mark.parametrize(
    ("cause", "ended", "more"), [(KeyboardInterrupt, 130, "Stopped.\n"), (BrokenPipeError, 141, "")]
)
def test_what_stops_it_says_how_to_go_on(call, models, monkeypatch, cause, ended, more):
    def stop(*_):
        raise cause

    monkeypatch.setattr(crossval, "carry_out", stop)
    monkeypatch.setattr(cli, "_give_up_output", lambda: None)  # it is pytest's
    status, _, err = call("train")
    (run,) = jobs.history(models)
    assert (status, err) == (ended, f"Go on with --resume {run.id}.\n{more}")


def test_export_writes_the_tutorials_files_and_reads_with_them(tmp_path):
    shutil.copytree(ROOT / "models" / "default", tmp_path / "default")
    command = [sys.executable, "-m", "digitrec", "export", "--format", "json+h5"]
    done = subprocess.run(
        [*command, "--models", tmp_path, "--output", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"model.json", "final_model.h5"}
    assert done.stdout.endswith("as 7 2 1 0 4 1 4 9 5 9.\n")
    assert done.stderr == ""
