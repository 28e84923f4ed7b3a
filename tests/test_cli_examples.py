"""`python -m digitrec examples` and `adapt`, but for the fine-tuning itself."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from digitrec import adaptation, cli_examples, examples, storage, synthetic
from digitrec.cli import main
from digitrec.example import New, Which
from digitrec.settings import settings


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere"], "no folder or zip nowhere"),
        (["export", "out.tar"], "must end in"),
        (["delete", "77"], "no example 77"),
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


def test_adapt_needs_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapt", "--models", str(tmp_path)]) == 1
    assert "0 examples to learn from, and it takes at least 3" in capsys.readouterr().err
    seen = adaptation.seen(tmp_path)
    assert seen is not None
    assert seen.state == "failed"


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
        "                   before    after     of",
        "held-out examples  50.00%   75.00%     12",
        "  by Ada           25.00%  100.00%      4",
        "MNIST's test set   99.65%   99.64%  10000",
        "The version adapted-1 is written.",
    ]
