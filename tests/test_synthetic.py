from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import synthetic
from digitrec.settings import ROOT

SAMPLES = ROOT / "digitrec" / "ui" / "samples"


def test_the_same_seed_gives_the_same_picture() -> None:
    first, again, other = (synthetic.random_sheet(seed) for seed in (5, 5, 6))
    assert first.text == again.text
    assert first.boxes == again.boxes
    assert np.array_equal(first.pixels, again.pixels)
    assert first.pixels.shape != other.pixels.shape


@pytest.mark.parametrize("seed", range(12))
def test_the_boxes_hold_the_ink(seed: int) -> None:
    sheet = synthetic.random_sheet(seed)
    assert sheet.pixels.dtype == np.uint8
    assert len(sheet.boxes) == len(sheet.text)
    height, width = sheet.pixels.shape[:2]
    right = 0
    for x, y, w, h in sheet.boxes:
        assert right < x
        assert x + w < width
        assert 0 < y < y + h < height
        right = x + w


def test_outside_the_boxes_there_is_only_paper() -> None:
    sheet = synthetic.sheet("30", 1, ink="black", shadow=0)
    paper = np.ones(sheet.pixels.shape[:2], bool)
    for x, y, w, h in sheet.boxes:
        assert sheet.pixels[y : y + h, x : x + w].min() < 60
        paper[y - 2 : y + h + 2, x - 2 : x + w + 2] = False
    assert sheet.pixels[paper].min() > 200


def test_every_paper_and_ink_can_be_asked_for() -> None:
    for paper in synthetic.PAPERS:
        for ink in synthetic.INKS:
            assert synthetic.sheet("1", 0, paper=paper, ink=ink, height=40).text == "1"


def test_the_samples_are_what_the_command_writes(tmp_path: Path) -> None:
    synthetic.write_samples(tmp_path)
    assert {path.name for path in SAMPLES.glob("*")} == {path.name for path in tmp_path.glob("*")}
    for path in tmp_path.glob("*"):
        assert path.stat().st_size < 100_000
        with Image.open(path) as fresh, Image.open(SAMPLES / path.name) as shipped:
            difference = np.abs(np.asarray(fresh, np.int16) - np.asarray(shipped, np.int16))
        assert difference.mean() < 1  # JPEG encoders differ a little between machines
