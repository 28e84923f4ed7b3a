"""The command line: formats, exit statuses, and what a new process loads."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitrec import cli
from digitrec.images import load
from digitrec.reading import Digit, Mark, Number, Reading
from digitrec.runtime import ModelError
from digitrec.settings import ROOT

PYTHON = [sys.executable, "-m", "digitrec"]
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
HEAVY = ("tensorflow", "keras", "streamlit", "sklearn", "pandas")


def a_seven(path: Path) -> Path:
    image = Image.new("L", (240, 200), 240)
    pen = ImageDraw.Draw(image)
    pen.line([(70, 40), (170, 40), (110, 165)], fill=30, width=14, joint="curve")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def run(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    command = [*PYTHON, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280, **options
    )


@pytest.fixture
def fake(monkeypatch):
    """Reading without a network: every picture says 42."""
    digits = tuple(
        Digit(d, 0.9, (1, 2, 3, 4), ((d, 0.9), (7, 0.05), (1, 0.01)), np.zeros((28, 28), "f4"))
        for d in (4, 2)
    )
    number = Number("42", 0.81, (1, 2, 7, 4), digits)

    def read(path, classifier):
        load(path)
        return Reading((replace(number, marks=Classifier.marks),), (), 0.25)

    class Classifier:
        notice = None
        marks = ()

    monkeypatch.setattr(cli, "in_service", Classifier)
    monkeypatch.setattr(cli, "read", read)
    return Classifier


# In a process of its own, with the shipped model.


def test_read_prints_the_file_a_tab_and_the_number(tmp_path):
    path = a_seven(tmp_path / "seven.png")
    done = run("read", path)
    assert (done.stdout, done.stderr, done.returncode) == (f"{path}\t7\n", "", 0)


def test_read_json(tmp_path):
    path = a_seven(tmp_path / "seven.png")
    done = run("read", path, path, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 2
    first = lines[0]
    assert list(first) == ["file", "text", "written", "numbers", "refused", "turned", "seconds"]
    assert (first["file"], first["text"], first["refused"]) == (str(path), "7", [])
    (number,) = first["numbers"]
    assert list(number) == ["text", "written", "confidence", "box", "digits", "marks"]
    (digit,) = number["digits"]
    assert list(digit) == ["digit", "confidence", "box", "alternatives"]
    assert digit["digit"] == 7
    assert digit["alternatives"][0] == [7, digit["confidence"]]
    assert len(digit["alternatives"]) == 3
    x, y, w, h = digit["box"]
    assert 55 <= x <= 75
    assert 25 <= y <= 45
    assert 160 <= x + w <= 190
    assert 150 <= y + h <= 180
    assert 0 < first["seconds"] < 60


def test_a_blank_picture_reads_as_nothing(tmp_path):
    path = tmp_path / "blank.png"
    Image.new("L", (300, 200), 255).save(path)
    assert run("read", path).stdout == f"{path}\t\n"
    assert json.loads(run("read", path, "--json").stdout)["text"] == ""


def test_what_cannot_be_read_is_said_and_the_rest_is_read(tmp_path):
    good = a_seven(tmp_path / "good.png")
    bad = tmp_path / "bad.png"
    bad.write_bytes(good.read_bytes()[:100])
    missing = tmp_path / "missing.png"
    done = run("read", bad, missing, good)
    assert done.returncode == 1
    assert done.stdout == f"{good}\t7\n"
    assert done.stderr.splitlines() == [
        f"{bad}: This picture is damaged or incomplete; save or download it again.",
        f"{missing}: There is no such file.",
    ]


def test_a_folder_whose_files_may_not_be_looked_at_says_why(tmp_path, heeding_modes):
    path = a_seven(tmp_path / "closed" / "1.png")
    path.parent.chmod(0o600)
    done = subprocess.run(
        [*heeding_modes, *PYTHON, "read", str(path.parent)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    path.parent.chmod(0o700)
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == f"{path}: This file may not be read: you lack the permission.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS keeps names to valid text")
def test_a_name_that_is_not_text_comes_out_as_it_went_in(tmp_path):
    path = os.fsencode(a_seven(tmp_path / "seven.png").rename(tmp_path / "\udcff.png"))
    done = subprocess.run(
        [*PYTHON, "read", path], cwd=ROOT, capture_output=True, check=True, timeout=280
    )
    assert done.stdout == path + b"\t7\n"


def test_reading_loads_neither_tensorflow_nor_streamlit(tmp_path):
    path = a_seven(tmp_path / "seven.png")
    code = (
        "import sys; from digitrec.cli import main; main(['read', sys.argv[1]]); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=280,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_progress_bar_is_for_a_terminal(tmp_path):
    for n in (1, 2, 3):
        a_seven(tmp_path / f"{n}.png")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    done = subprocess.run(
        [*PYTHON, "read", str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=280,
    )  # fmt: skip
    shown = os.read(ours, 100_000).decode()
    os.close(theirs)
    os.close(ours)
    assert "/3 [" in shown
    assert len(done.stdout.splitlines()) == 3
    assert run("read", tmp_path).stderr == ""


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    path = a_seven(tmp_path / "seven.png")
    process = subprocess.Popen(
        [*PYTHON, "read", *[str(path)] * 30],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == f"{path}\t7\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(280) == 141
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize(
    "command", [("read",), ("read", "--json"), ("models", "list"), ("--help",), ("--version",)]
)
def test_output_to_a_full_disk_is_one_sentence_and_a_failure(tmp_path, command):
    picture = [a_seven(tmp_path / "seven.png")] if command[0] == "read" else []
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PYTHON, *command, *picture],
            cwd=ROOT, env=BUFFERED, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            timeout=280,
        )  # fmt: skip
    assert (done.stderr, done.returncode) == ("Stopped: the disk is full.\n", 1)


@pytest.mark.parametrize("closed", [(0, 1, 2), (1,), (2,)])
def test_streams_that_are_closed_are_no_failure(tmp_path, closed):
    """Nor do the files that it opens take their places."""
    paths, out = [a_seven(tmp_path / f"{n}.png") for n in range(2)], tmp_path / "out.jsonl"
    command = shlex.join(map(str, [*PYTHON, "read", "--out", out, *paths]))
    command += "".join(f" {stream}>&-" for stream in closed)
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280
    )
    said = "" if 1 in closed else f"{out}: 2 of 2 pictures read.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert [json.loads(line)["text"] for line in out.read_text().splitlines()] == ["7", "7"]


@pytest.mark.parametrize(
    ("encoding", "dash"), [("utf-8", "–".encode()), ("cp1252", b"\x96"), ("latin-1", b"?")]
)
def test_what_an_encoding_lacks_is_no_failure(make_version, tmp_path, encoding, dash):
    """Latin-1 has neither the dash for what is not known nor all of French spaces."""
    models = tmp_path / "models"
    make_version(models, "default", test={}, created=None)
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "DIGITREC_LANGUAGE": "fr"}
    for arguments, said in ((["models", "list"], b" " + dash), (["--help"], b"usage")):
        command = [*PYTHON, *arguments, *(["--models", models] if len(arguments) > 1 else [])]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=280
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert said in done.stdout


def test_ctrl_c_ends_politely(tmp_path):
    fifo = tmp_path / "never.png"
    os.mkfifo(fifo)
    path = a_seven(tmp_path / "seven.png")
    process = subprocess.Popen(
        [*PYTHON, "read", str(path), str(fifo)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Of a shell in the background, children ignore Ctrl-C. (No other threads here.)
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    assert process.stdout.readline() == f"{path}\t7\n"  # now it waits for the pipe
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=280)
    assert (process.returncode, complaint) == (130, "Stopped.\n")


def test_a_missing_model_is_named(tmp_path):
    path = a_seven(tmp_path / "seven.png")
    done = run("read", path, env={**os.environ, "DIGITREC_MODELS": str(tmp_path / "none")})
    assert done.returncode == 2
    assert str(tmp_path / "none" / "default") in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_setting_that_cannot_be_understood_is_named():
    done = run("read", "x.png", env={**os.environ, "DIGITREC_WORK_SIDE": "wide"})
    assert done.returncode == 2
    assert done.stderr == "DIGITREC_WORK_SIDE: choose a whole number from 100 to 10000.\n"


def test_train_writes_a_version_that_reads(tmp_path):
    done = run(
        "train", "--recipe", "classic", "--folds", "0", "--epochs", "1", "--limit", "300",
        "--name", "small", "--models", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "epoch 1/1" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"{tmp_path / 'small'}: ")
    assert {"model.keras", "model.tflite", "report.json"} <= {
        path.name for path in (tmp_path / "small").iterdir()
    }
    again = run("train", "--name", "small", "--models", tmp_path)
    assert again.returncode == 1
    assert again.stderr.splitlines()[-1].startswith("The version small exists already")


# In this process.


def test_a_folder_is_read_with_its_subfolders_in_the_order_people_count(tmp_path, fake, capsys):
    for name in ("page10.png", "page2.png", "a/3.png", "a/20.png", ".hidden/1.png", ".4.png"):
        a_seven(tmp_path / name)
    assert cli.main(["read", str(tmp_path)]) == 0
    names = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert [str(Path(name).relative_to(tmp_path)) for name in names] == [
        "a/3.png",
        "a/20.png",
        "page2.png",
        "page10.png",
    ]


def test_a_folder_s_other_files_are_reported(tmp_path, fake, capsys):
    a_seven(tmp_path / "1.png")
    (tmp_path / "notes.txt").write_text("bread, milk")
    assert cli.main(["read", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"{tmp_path / '1.png'}\t42\n"
    assert shown.err.startswith(f"{tmp_path / 'notes.txt'}: This is not a picture")


def test_an_empty_folder_is_reported(tmp_path, fake, capsys):
    assert cli.main(["read", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: This folder holds no files.\n"


def test_a_folder_that_may_not_be_opened_is_reported(tmp_path, fake, capsys, monkeypatch):
    a_seven(tmp_path / "1.png")
    real = os.walk

    def walk(top, onerror):
        onerror(PermissionError(13, "Permission denied", str(top / "closed")))
        yield from real(top)

    monkeypatch.setattr(cli.os, "walk", walk)
    assert cli.main(["read", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"{tmp_path / '1.png'}\t42\n"
    said = "This folder may not be opened: this user may not read it."
    assert shown.err == f"{tmp_path / 'closed'}: {said}\n"


def test_a_name_that_is_too_long_is_reported(tmp_path, fake, capsys):
    good, long = a_seven(tmp_path / "1.png"), tmp_path / f"{'a' * 300}.png"
    assert cli.main(["read", str(long), str(good)]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"{good}\t42\n"
    assert shown.err == f"{long}: This file cannot be opened: the name is too long.\n"
    assert len(shown.err.splitlines()) == 1


def test_a_file_that_is_the_output_is_told_from_names_that_are_none(tmp_path):
    path = a_seven(tmp_path / "1.png")
    assert cli._same(path, tmp_path / "." / "1.png")
    assert not cli._same(path, tmp_path / ("a" * 300))
    assert not cli._same(path, tmp_path / "2.png")


def test_a_name_with_line_breaks_stays_on_one_line(tmp_path, fake, capsys):
    path = a_seven(tmp_path / "two\nlines,\ta tab, \x1b[31mred\u2028 and C:\\é.png")
    bad = tmp_path / "a\rb.png"
    bad.write_bytes(b"broken")
    assert cli.main(["read", str(path), str(bad)]) == 1
    shown = capsys.readouterr()
    name = r"two\nlines,\ta tab, \x1b[31mred\u2028 and C:\é.png"
    assert shown.out == f"{tmp_path}/{name}\t42\n"
    assert shown.err.startswith(rf"{tmp_path}/a\rb.png: This is not a picture")
    assert cli.main(["read", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == str(path)


def test_pipes_in_a_folder_are_not_waited_for(tmp_path, fake, capsys):
    path = a_seven(tmp_path / "1.png")
    os.mkfifo(tmp_path / "2.png")
    assert cli.main(["read", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{path}\t42\n"


def test_the_model_s_notice_is_passed_on(tmp_path, fake, capsys):
    fake.notice = "The model file x is damaged."
    assert cli.main(["read", str(a_seven(tmp_path / "1.png"))]) == 0
    assert capsys.readouterr().err == "The model file x is damaged.\n"


def test_a_missing_line_network_is_told_once(tmp_path, fake, capsys, monkeypatch):
    monkeypatch.setattr(cli, "line_notice", lambda: "Lines are not read whole.")
    paths = [str(a_seven(tmp_path / f"{n}__1.png")) for n in (1, 2)]
    for command in (["read", *paths], ["evaluate", str(tmp_path)]):
        assert cli.main(command) == 0
        assert capsys.readouterr().err == "Lines are not read whole.\n"


def test_a_point_is_printed_and_is_not_in_what_is_scored(tmp_path, fake, capsys):
    fake.marks = (Mark(".", (4, 6, 1, 1), 1),)
    path = a_seven(tmp_path / "42__1.png")
    assert cli.main(["read", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\t4.2\n"
    assert cli.main(["read", "--json", str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["text"], told["written"]) == ("42", "4.2")
    assert cli.main(["evaluate", str(tmp_path)]) == 0
    assert "100.0%" in capsys.readouterr().out


def test_evaluate_prints_a_table_by_subfolder(tmp_path, fake, capsys):
    for name in ("one/42__1.png", "one/4_2__2.png", "two_scatter/2_4__1.png", "one/readme.png"):
        a_seven(tmp_path / name)
    assert cli.main(["evaluate", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "folder       n   exact  characters  s/image",
        "one          2  100.0%      100.0%    0.250",
        "two_scatter  1    0.0%        0.0%    0.250",
        "total        3   66.7%       66.7%    0.250",
    ]


def test_evaluate_counts_what_cannot_be_read_as_wrong(tmp_path, fake, capsys):
    a_seven(tmp_path / "42__1.png")
    (tmp_path / "42__2.png").write_bytes(b"broken")
    assert cli.main(["evaluate", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "42__2.png: This is not a picture" in shown.err
    assert shown.out.splitlines()[-1].split() == ["total", "2", "50.0%", "50.0%", "0.125"]


def test_evaluate_without_labels_says_so(tmp_path, fake, capsys):
    a_seven(tmp_path / "7.png")
    assert cli.main(["evaluate", str(tmp_path)]) == 1
    assert "no picture named label__n.ext" in capsys.readouterr().err


def test_evaluate_says_what_is_wrong_with_a_folder(tmp_path, fake, capsys):
    (tmp_path / "empty").mkdir()
    for name, said in (
        ("none", "There is no such folder."),
        ("a" * 300, "This folder may not be opened: the name is too long."),
        ("empty", "This folder holds no files."),
    ):
        assert cli.main(["evaluate", str(tmp_path / name)]) == 1
        assert capsys.readouterr() == ("", f"{tmp_path / name}: {said}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["read"],
        ["fly"],
        ["train", "--recipe", "none"],
        ["read", ""],  # a shell's unset variable is not the working folder
        ["examples", "import", ""],
        ["models", "list", "--models", ""],
    ],
)
def test_wrong_usage_ends_in_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m digitrec" in capsys.readouterr().err


def test_a_model_error_ends_in_its_sentence(tmp_path, monkeypatch, capsys):
    def fail():
        raise ModelError("The model file x is missing; restore it.")

    monkeypatch.setattr(cli, "in_service", fail)
    assert cli.main(["read", str(a_seven(tmp_path / "1.png"))]) == 2
    assert capsys.readouterr().err == "The model file x is missing; restore it.\n"
