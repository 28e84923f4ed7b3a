"""Uploads, samples and the camera in a real browser."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from digitrec import synthetic

NUMBERS = {"first": "365", "second": "7", "third": "2718"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photos named after `NUMBERS`, and two files that cannot be read."""
    folder = tmp_path_factory.mktemp("photos")
    written = {}
    for seed, (name, number) in enumerate(NUMBERS.items()):
        written[name] = folder / f"{name}.jpg"
        Image.fromarray(synthetic.sheet(number, seed).pixels).save(written[name])
    written["words"] = folder / "words.png"
    written["words"].write_text("these are words")
    written["huge"] = folder / "huge.png"
    written["huge"].write_bytes(bytes(22_000_000))
    return written


@pytest.fixture
def upload(window: Callable[..., Page]) -> Page:
    page = window("/?input=Upload")
    expect(page.locator(".st-key-samples button")).to_have_count(6)
    return page


def give(page: Page, *files: Path) -> None:
    page.locator(".st-key-upload input[type=file]").set_input_files(files)


def test_a_photo_is_read_and_boxed(upload: Page, files: dict[str, Path]) -> None:
    give(upload, files["first"])
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    expect(upload.locator(".st-key-digits article")).to_have_count(3)
    boxes = upload.locator(".picture > i")
    expect(boxes).to_have_text(["3", "6", "5"])
    picture = upload.locator(".picture img").bounding_box()
    assert picture is not None
    with Image.open(files["first"]) as photo:
        scale = picture["width"] / photo.width
    for box, (x, _, w, _) in zip(boxes.all(), synthetic.sheet("365", 0).boxes, strict=True):
        shown = box.bounding_box()
        assert shown is not None
        assert shown["x"] - picture["x"] == pytest.approx(x * scale, abs=6)
        assert shown["width"] == pytest.approx(w * scale, abs=8)
    expect(upload.get_by_alt_text("first.jpg, read as 365")).to_be_visible()


def test_several_make_a_table_and_a_csv(
    upload: Page, files: dict[str, Path], tmp_path: Path
) -> None:
    give(upload, *(files[name] for name in ("first", "second", "words")))
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    expect(upload.locator(".st-key-message p")).to_have_count(1)
    expect(upload.locator(".st-key-message")).to_contain_text("words.png")
    with upload.expect_download() as download:
        upload.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "numbers.csv")
    with (tmp_path / "numbers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["number"]) for row in rows] == [
        *(("first.jpg", "365"), ("second.jpg", "7"), ("words.png", "")),
    ]
    assert float(rows[0]["confidence"]) > 0.5
    assert rows[2]["note"]

    table = upload.locator(".st-key-table canvas").first.bounding_box()
    assert table is not None
    upload.mouse.click(table["x"] + 16, table["y"] + 36 + 56 + 28)  # the second row's mark
    expect(upload.locator(".st-key-answer")).to_have_text("7")


def test_a_file_that_is_no_picture_is_a_sentence_and_the_next_is_read(
    upload: Page, files: dict[str, Path]
) -> None:
    give(upload, files["words"])
    expect(upload.locator(".st-key-message p")).to_have_count(1)
    expect(upload.locator(".st-key-answer")).to_have_text("")
    upload.get_by_role("button", name="Remove words.png").click()
    give(upload, files["third"])
    expect(upload.locator(".st-key-answer")).to_have_text("2718")
    expect(upload.locator(".st-key-message")).to_have_count(0)


def test_a_file_over_the_limit_is_refused(upload: Page, files: dict[str, Path]) -> None:
    give(upload, files["huge"])
    expect(upload.get_by_text("File must be 20.0MB or smaller")).to_be_visible()
    give(upload, files["second"])
    expect(upload.locator(".st-key-answer")).to_have_text("7")


def test_files_outlive_a_look_elsewhere(upload: Page, files: dict[str, Path]) -> None:
    give(upload, files["first"])
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    upload.get_by_text("Draw", exact=True).click()
    expect(upload.locator(".st-key-answer")).to_have_text("")
    expect(upload.locator(".st-key-upload")).to_be_hidden()
    upload.get_by_text("Upload", exact=True).first.click()
    expect(upload.locator(".st-key-answer")).to_have_text("365")


def test_every_sample_is_read(upload: Page) -> None:
    for name, how in synthetic.SAMPLES.items():
        sample = upload.get_by_role("button", name=name.partition("-")[2].replace("-", " "))
        sample.click()
        expect(upload.locator(".st-key-answer")).to_have_text(how["text"])


def test_the_camera(window: Callable[..., Page]) -> None:
    page = window("/?input=Camera")
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(".st-key-answer")).to_have_text("42")
    page.get_by_text("Draw", exact=True).click()
    expect(page.locator("video")).to_have_count(0)  # it must not go on filming
    page.get_by_text("Camera", exact=True).click()
    expect(page.locator(".st-key-answer")).to_have_text("42")
