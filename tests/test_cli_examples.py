"""`python -m digitrec examples` and `adapt`, but for the fine-tuning itself."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pytest

from benchmarks import synthetic
from digitrec import adaptation, cli_examples, examples, language, storage
from digitrec.cli import main
from digitrec.example import NOT_A_DIGIT, New, Which
from digitrec.settings import ROOT, settings


@pytest.fixture(autouse=True)
def database(no_examples: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITREC_MODELS", str(settings().models))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pixels = synthetic.sheet("407", 1, ink="black", shadow=0).pixels
    (tmp_path / "in").mkdir()
    cv2.imwrite(str(tmp_path / "in" / "407__1.png"), pixels[..., ::-1])
    return tmp_path / "in"


def test_import_list_export_and_delete(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["examples", "import", str(folder), "--writer", "Ada"]) == 0
    assert capsys.readouterr().out == "3 examples kept, 0 left out\n"
    assert main(["examples", "list"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split("\t")[:3] == ["id", "label", "read"]
    assert [row.split("\t")[1] for row in rows] == ["7", "0", "4"]
    assert rows[0].split("\t")[5] == "Ada"
    assert main(["examples", "export", str(tmp_path / "out.zip")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out.zip'}: 3 examples\n"
    assert main(["examples", "delete", rows[0].split("\t")[0]]) == 0
    assert examples.count(Which()) == 2


def test_import_says_nothing_that_is_not_ours(folder: Path) -> None:
    command = [sys.executable, "-m", "digitrec", "examples", "import", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("3 examples kept, 0 left out\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere"], "no folder or zip nowhere"),
        (["export", "out.tar"], "must end in"),
        (["delete", "77"], "no example 77"),
        (["delete", "0"], "no example 0"),
        (["delete", f"{10**20}"], f"no example {10**20}"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["examples", *arguments]) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_what_is_left_out_is_said_and_the_rest_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "4__2.png").write_bytes(b"no picture")
    assert main(["examples", "import", str(folder)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("4__2.png: ")
    assert said.out == "3 examples kept, 1 left out\n"


def test_what_was_exported_is_not_imported_twice(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["examples", "import", str(folder)])
    main(["examples", "export", str(tmp_path / "out.zip")])
    examples.delete([1])
    capsys.readouterr()
    assert main(["examples", "import", str(tmp_path / "out.zip")]) == 0
    said = "1 example kept, 0 left out\n2 are here already, and stay as they are.\n"
    assert capsys.readouterr().out == said
    assert main(["examples", "import", str(tmp_path / "out.zip")]) == 0
    assert "3 are here already" in capsys.readouterr().out
    assert examples.count(Which(binned=True)) == 1


def test_a_name_in_a_zip_is_told_without_what_a_terminal_obeys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("\x1b[2J__1.png", b"no picture")
    assert main(["examples", "import", str(tmp_path / "in.zip")]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_adapt_needs_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapt", "--models", str(tmp_path)]) == 1
    assert "at least 3 examples to learn from (0 so far)" in capsys.readouterr().err
    seen = adaptation.seen(tmp_path)
    assert seen is not None
    assert seen.state == "failed"


def in_french() -> AbstractContextManager[object]:
    """The reader is French, whatever the setting says."""
    return patch.object(language, "_ask", lambda: "fr")


def test_each_reader_sees_the_status_in_their_language(tmp_path: Path) -> None:
    assert main(["adapt", "--models", str(tmp_path)]) == 1
    status = adaptation.seen(tmp_path)
    assert status is not None
    assert str(status.message).startswith("It takes at least 3 examples")
    with in_french():
        assert str(status.message).startswith("Il faut au moins 3 exemples")


def test_the_outcome_is_read_in_both_languages(tmp_path: Path) -> None:
    report = {
        "examples": {"before": 0.5, "after": 0.755},
        "comparison": {"other_accuracy": 0.9965, "accuracy": 0.9964},
    }
    (tmp_path / ".adapt").mkdir()
    adaptation._say(tmp_path, adaptation.Status("done", adaptation._outcome(report), 1.0, "mine"))
    status = adaptation.seen(tmp_path)
    assert status is not None
    assert "read right: 50.0 % before, 75.5 % now" in str(status.message)
    with in_french():
        assert "juste\u00a0: 50,0\u202f% avant, 75,5\u202f% maintenant" in str(status.message)


def test_what_the_system_refuses_is_read_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(adaptation.collected, "collected", refuse)
    with pytest.raises(adaptation.AdaptationError, match="the disk is full"):
        adaptation.carry_out(tmp_path)
    with in_french():
        status = adaptation.seen(tmp_path)
        assert status is not None
        assert str(status.message).endswith("le disque est plein.")


def test_a_full_disk_has_room_for_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, write = tmp_path / ".adapt" / "version", storage.write

    def refuse(*_: object) -> None:
        part.mkdir(parents=True)
        raise OSError(errno.ENOSPC, "No space left on device")

    def if_there_is_room(path: Path, data: str) -> None:
        if part.exists():
            refuse()
        write(path, data)

    monkeypatch.setattr(adaptation.collected, "collected", refuse)
    monkeypatch.setattr(adaptation.storage, "write", if_there_is_room)
    with pytest.raises(adaptation.AdaptationError):
        adaptation.carry_out(tmp_path)
    status = adaptation.seen(tmp_path)
    assert status is not None
    said = "It cannot be written: the disk is full."
    assert (status.state, str(status.message)) == ("failed", said)


def test_a_disk_too_full_for_the_last_word_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(adaptation.storage, "write", refuse)
    assert main(["adapt", "--models", str(tmp_path)]) == 1
    assert "the disk is full" in capsys.readouterr().err


def test_labels_are_listed_in_the_reader_s_language(
    french: None, capsys: pytest.CaptureFixture[str]
) -> None:
    examples.add([New(np.zeros((28, 28), np.uint8), b"png", NOT_A_DIGIT, "drawn")])
    assert main(["examples", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split("\t")[1] == "non-chiffre"


@pytest.mark.parametrize("message", ["Learning from all examples.", "Apprentissage."])
def test_a_status_kept_as_words_is_read_still(tmp_path: Path, message: str) -> None:
    (tmp_path / ".adapt").mkdir()
    kept = {"state": "failed", "message": message, "progress": 0.5, "version": None}
    (tmp_path / ".adapt" / "status.json").write_text(json.dumps(kept))
    assert adaptation.seen(tmp_path) == adaptation.Status("failed", message, 0.5)


def test_one_adaptation_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples.add([New(np.zeros((28, 28), np.uint8), b"png", 4, "drawn")])
    (tmp_path / ".adapt").mkdir()
    with storage.locked(tmp_path / ".adapt" / "lock"):
        assert main(["adapt", "--models", str(tmp_path)]) == 1
        with pytest.raises(adaptation.AdaptationError, match="under way"):
            adaptation.start(tmp_path)
    assert "An adaptation is under way" in capsys.readouterr().err


def test_the_summary_is_a_table() -> None:
    report = {
        "examples": {
            "examples": 12,
            "before": 0.5,
            "after": 0.75,
            "writers": [{"writer": "Ada", "examples": 4, "before": 0.25, "after": 1.0}],
        },
        "comparison": {"other_accuracy": 0.9965, "accuracy": 0.9964},
        "data": {"test": 10000},
        "name": "adapted-1",
    }
    assert cli_examples.summary(report) == [
        "                    before     after      of",
        "held-out examples  50.00 %   75.00 %      12",
        "  by Ada           25.00 %  100.00 %       4",
        "MNIST's test set   99.65 %   99.64 %  10,000",
        "The version adapted-1 is written.",
    ]
