"""Uploads, samples and the camera in a real browser."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from layout import PHONE, rest
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Mouse, Page, expect

from benchmarks import synthetic

NUMBERS = {"first": "365", "second": "7", "third": "2718"}
LINES = ("20471", "10423", "471")
Share = tuple[float, float]


def _page() -> Image.Image:
    """Three lines with a number each; together more digits than have their cards shown at once."""
    lines = [synthetic.sheet(text, 1, shadow=0, ink="black").pixels for text in LINES]
    page = Image.new(
        "RGB", (max(line.shape[1] for line in lines), 3 * lines[0].shape[0]), "#f7f6f2"
    )
    for place, line in enumerate(lines):
        page.paste(Image.fromarray(line), (0, place * line.shape[0]))
    return page


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photos named after `NUMBERS`, and two files that cannot be read."""
    folder = tmp_path_factory.mktemp("photos")
    written = {}
    for seed, (name, number) in enumerate(NUMBERS.items()):
        written[name] = folder / f"{name}.jpg"
        Image.fromarray(synthetic.sheet(number, seed).pixels).save(written[name])
    written["page"] = folder / "page.png"
    _page().save(written["page"])
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


def box_of(element: Locator) -> FloatRect:
    box = element.bounding_box()
    assert box is not None
    return box


class Finger:
    """Touches, as `Page.mouse` points."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._at: list[dict[str, float]] = []

    def move(self, x: float, y: float) -> None:
        self._at, before = [{"x": x, "y": y}], self._at
        if before:
            self._send("touchMove", self._at)

    def down(self) -> None:
        self._send("touchStart", self._at)

    def up(self) -> None:
        self._at = []
        self._send("touchEnd", [])

    def _send(self, kind: str, points: list[dict[str, float]]) -> None:
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def pull(pointer: Mouse | Finger, picture: FloatRect, start: Share, end: Share) -> None:
    """Drag from one place of a picture to another, in shares of its sides."""
    (ax, ay), (bx, by) = (
        (picture["x"] + x * picture["width"], picture["y"] + y * picture["height"])
        for x, y in (start, end)
    )
    pointer.move(ax, ay)
    pointer.down()
    pointer.move((ax + bx) / 2, (ay + by) / 2)
    pointer.move(bx, by)
    pointer.up()


def test_a_photo_is_read_and_boxed(upload: Page, files: dict[str, Path]) -> None:
    give(upload, files["first"])
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    expect(upload.locator(".st-key-digits article")).to_have_count(3)
    expect(upload.locator(".picture button")).to_have_text(["365"])
    boxes = upload.locator(".picture .digit")
    expect(boxes).to_have_count(3)
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


def test_a_number_is_clicked_on_the_picture_or_in_the_table(
    upload: Page, files: dict[str, Path]
) -> None:
    give(upload, files["page"])
    expect(upload.locator(".st-key-answer")).to_have_text(" ".join(LINES))
    cards = upload.locator(".st-key-digits article")
    boxes, rows = upload.locator(".picture button"), upload.locator(".st-key-numbers tbody button")
    expect(boxes).to_have_text(list(LINES))
    expect(rows).to_have_text(list(LINES))
    expect(cards).to_have_count(0)

    boxes.nth(1).click()
    expect(cards.locator("li:first-child b")).to_have_text(list(LINES[1]))
    expect(boxes.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(rows.nth(1)).to_have_attribute("aria-pressed", "true")
    rows.nth(2).focus()
    upload.keyboard.press("Enter")
    expect(cards.locator("li:first-child b")).to_have_text(list(LINES[2]))
    expect(boxes.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(rows.nth(2)).to_be_focused()
    boxes.nth(2).focus()
    upload.keyboard.press("Space")  # again: none is chosen
    expect(cards).to_have_count(0)


COLOUR = """one => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    pen.fillStyle = getComputedStyle(one).backgroundColor;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
}"""


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_ways_out_of_a_reading_stand_together(
    window: Callable[..., Page], files: dict[str, Path], width: int, scheme: str
) -> None:
    size = {"width": width, "height": 844}
    page = window("/?input=Upload", viewport=size, color_scheme=scheme)
    give(page, files["page"])
    expect(page.locator(".st-key-answer")).to_have_text(" ".join(LINES))
    buttons = [page.get_by_role("button", name=name) for name in ("Copy", "JSON", "CSV")]
    for button in buttons:
        expect(button).to_be_visible()
    boxes = [button.evaluate("one => one.getBoundingClientRect()") for button in buttons]
    assert len({box["y"] for box in boxes}) == 1
    gaps = [after["left"] - before["right"] for before, after in pairwise(boxes)]
    assert gaps[0] == pytest.approx(gaps[1], abs=1)
    copy, json_, _ = (button.evaluate(COLOUR) for button in buttons)
    assert copy == pytest.approx(json_, abs=2)


def _column(margin: int) -> Image.Image:
    """Lines with little between them. margin: on either side of the numbers, in pixels."""
    numbers = ("204", "718", "365", "942", "536", "870", "124", "693")
    column = Image.new("RGB", (260 + 2 * margin, 90 * len(numbers)), "#f7f6f2")
    for seed, text in enumerate(numbers):
        sheet = synthetic.sheet(text, seed, shadow=0, ink="black")
        left, top = (min(box[k] for box in sheet.boxes) for k in (0, 1))
        right, bottom = (max(box[k] + box[k + 2] for box in sheet.boxes) for k in (0, 1))
        line = Image.fromarray(sheet.pixels[top - 4 : bottom + 4, left:right]).resize((260, 90))
        column.paste(line, (margin, 90 * seed))
    return column


@pytest.mark.parametrize(("margin", "side"), [(150, "right"), (12, "none")])
def test_labels_leave_the_handwriting_of_a_column_free(
    upload: Page, tmp_path: Path, margin: int, side: str
) -> None:
    _column(margin).save(tmp_path / "column.png")
    give(upload, tmp_path / "column.png")
    numbers = upload.locator(".picture .number")
    expect(numbers).to_have_count(8)
    for number in numbers.all()[1:]:  # there is room above the first
        expect(number).to_have_attribute("data-label", side)
    assert box_of(upload.locator(".picture"))["width"] > 300
    boxes = [box_of(number) for number in numbers.all()]
    labels = [box_of(one) for one in upload.locator(".picture .number b:visible").all()]
    assert len(labels) == (8 if side == "right" else 1)
    for label in labels:
        assert not any(  # but for its own border
            box["x"] < label["x"] + label["width"]
            and label["x"] < box["x"] + box["width"] - 3
            and box["y"] < label["y"] + label["height"] - 3
            and label["y"] < box["y"] + box["height"]
            for box in boxes
        )
    numbers.nth(3).hover()
    expect(numbers.nth(3).locator("b")).to_be_visible()


def test_a_picture_is_cropped_by_mouse_and_by_keyboard(
    upload: Page, files: dict[str, Path]
) -> None:
    give(upload, files["page"])
    answer = upload.locator(".st-key-answer")
    expect(answer).to_have_text(" ".join(LINES))
    upload.get_by_role("button", name="Crop", exact=True).click()
    frame = upload.get_by_role("group", name="Frame")
    expect(frame).to_be_focused()
    upload.locator(".picture").scroll_into_view_if_needed()
    picture = box_of(upload.locator(".picture"))
    pull(upload.mouse, picture, (0.1, 0.1), (0.0, 0.0))  # a corner
    pull(upload.mouse, picture, (0.5, 0.9), (0.5, 0.43))  # a side
    pull(upload.mouse, picture, (0.9, 0.2), (1.0, 0.2))
    pull(upload.mouse, picture, (0.5, 0.2), (0.9, 0.3))  # all of it, which is as wide as can be
    pull(upload.mouse, picture, (0.5, 0.3), (0.5, 0.2))
    expect(frame).to_be_visible()  # nothing is cropped before it is told to be
    placed = box_of(frame)
    assert placed["x"] == pytest.approx(picture["x"], abs=2)
    assert placed["y"] == pytest.approx(picture["y"], abs=2)
    assert placed["width"] == pytest.approx(picture["width"], abs=3)
    assert placed["height"] == pytest.approx(picture["height"] * 0.43, abs=3)
    pull(upload.mouse, picture, (0.5, 0.43), (0.5, 1 / 3))
    upload.get_by_role("button", name="Apply").click()
    expect(answer).to_have_text(LINES[0])
    expect(frame).to_be_hidden()
    upload.get_by_role("button", name="Reset").click()
    expect(answer).to_have_text(" ".join(LINES))

    upload.get_by_role("button", name="Crop", exact=True).click()
    expect(frame).to_be_focused()
    for _ in range(5):
        upload.keyboard.press("ArrowLeft")
        upload.keyboard.press("ArrowUp")
    for _ in range(10):
        upload.keyboard.press("Shift+ArrowRight")
    for _ in range(23):  # from 0.8 of the height to a third
        upload.keyboard.press("Shift+ArrowUp")
    upload.keyboard.press("Enter")
    expect(answer).to_have_text(LINES[0])


def test_a_part_without_digits_says_so_and_a_crop_is_given_up(
    upload: Page, files: dict[str, Path]
) -> None:
    give(upload, files["page"])
    answer = upload.locator(".st-key-answer")
    expect(answer).to_have_text(" ".join(LINES))
    upload.get_by_role("button", name="Crop", exact=True).click()
    frame = upload.get_by_role("group", name="Frame")
    expect(frame).to_be_focused()
    picture = box_of(upload.locator(".picture"))
    pull(upload.mouse, picture, (-0.01, -0.01), (1.0, 0.06))  # another frame, from beside this one
    upload.get_by_role("button", name="Apply").click()
    expect(upload.locator(".st-key-message")).to_contain_text("in this part")
    upload.get_by_role("button", name="Reset").click()
    expect(answer).to_have_text(" ".join(LINES))
    upload.get_by_role("button", name="Crop", exact=True).click()
    upload.get_by_role("button", name="Cancel").click()
    expect(frame).to_be_hidden()
    expect(answer).to_have_text(" ".join(LINES))


def test_a_finger_crops_on_a_phone(window: Callable[..., Page], files: dict[str, Path]) -> None:
    page = window("/?input=Upload", **PHONE)
    give(page, files["page"])
    expect(page.locator(".st-key-answer")).to_have_text(" ".join(LINES))
    page.get_by_role("button", name="Crop", exact=True).tap()
    frame = page.get_by_role("group", name="Frame")
    expect(frame).to_be_focused()
    expect(page.get_by_text("Fit the frame")).to_be_visible()
    expect(page.get_by_text("With the keyboard")).to_be_hidden()
    page.locator(".picture").scroll_into_view_if_needed()
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") == 390
    picture = box_of(page.locator(".picture"))
    finger = Finger(page)
    pull(finger, picture, (0.9, 0.9), (0.97, 1 / 3))
    pull(finger, picture, (0.1, 0.1), (0.0, 0.0))
    page.get_by_role("button", name="Apply").click()  # a tap may only end the swing
    expect(page.locator(".st-key-answer")).to_have_text(LINES[0])


def test_a_picture_is_turned(upload: Page, files: dict[str, Path], tmp_path: Path) -> None:
    with Image.open(files["third"]) as picture:
        picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "sideways.png")
    give(upload, tmp_path / "sideways.png")
    expect(upload.locator(".picture")).to_be_visible()
    upload.get_by_role("button", name="Turn right").click()
    expect(upload.locator(".st-key-answer")).to_have_text("2718")
    photo = upload.locator(".picture .photo")
    expect(photo).to_have_attribute("alt", "sideways.png, read as 2718")
    assert photo.evaluate("image => image.naturalWidth > image.naturalHeight")


def test_the_ink_lies_over_the_photo(upload: Page, files: dict[str, Path]) -> None:
    give(upload, files["first"])
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    ink = upload.locator(".picture .ink img")
    expect(ink).to_have_count(0)
    upload.get_by_text("Show the ink").click()
    expect(ink).to_be_visible()
    places = upload.locator(".picture").evaluate(  # at once: the page may still be moving
        """picture => [".ink img", ".photo"].map(
            one => JSON.stringify(picture.querySelector(one).getBoundingClientRect())
        )"""
    )
    assert places[0] == places[1]
    covered = ink.evaluate("""image => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const pen = canvas.getContext("2d");
        pen.drawImage(image, 0, 0);
        const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.filter((value, at) => at % 4 === 3 && value > 100).length / pixels.length * 4;
    }""")
    assert 0.01 < covered < 0.3


def test_several_make_a_table_and_a_csv(
    upload: Page, files: dict[str, Path], tmp_path: Path
) -> None:
    give(upload, *(files[name] for name in ("first", "second", "words")))
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    expect(upload.locator(".st-key-message")).to_have_count(0)
    with upload.expect_download() as download:
        upload.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "numbers.csv")
    with (tmp_path / "numbers.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["number"]) for row in rows] == [
        *(("first.jpg", "365"), ("second.jpg", "7"), ("words.png", "")),
    ]
    assert float(rows[0]["confidence"]) > 0.5
    assert rows[2]["note"]
    with upload.expect_download() as download:
        upload.get_by_role("button", name="JSON").click()
    download.value.save_as(tmp_path / "numbers.json")
    read = json.loads((tmp_path / "numbers.json").read_text())
    assert [one.get("text") for one in read] == ["365", "7", None]

    upload.set_viewport_size({"width": 1280, "height": 560})
    expect(upload.locator(".certainty")).not_to_be_in_viewport()
    pick_row(upload, 1)
    expect(upload.locator(".st-key-answer")).to_have_text("7")
    expect(upload.locator(".certainty")).to_be_in_viewport(ratio=1)
    upload.get_by_role("button", name="Next").press("Enter")
    expect(upload.locator(".st-key-table [aria-selected=true]")).to_contain_text("words.png")
    previous = upload.get_by_role("button", name="Previous")
    expect(previous).to_be_focused()  # there is no next one
    previous.press("Enter")
    expect(upload.locator(".st-key-answer")).to_have_text("7")
    pick_row(upload, 2)
    expect(upload.locator(".st-key-message p")).to_have_count(1)
    expect(upload.locator(".st-key-message")).to_contain_text("words.png")


def pick_row(page: Page, row: int) -> None:
    """Of the table of many, by its mark."""
    rest(page)
    table = box_of(page.locator(".st-key-table canvas").first)
    page.mouse.click(table["x"] + 16, table["y"] + 36 + 56 * row + 28)


def test_the_picked_picture_stays_picked_when_others_are_removed(
    upload: Page, files: dict[str, Path]
) -> None:
    give(upload, *(files[name] for name in NUMBERS))
    answer = upload.locator(".st-key-answer")
    expect(answer).to_have_text("365")
    pick_row(upload, 2)
    expect(answer).to_have_text("2718")
    upload.get_by_role("button", name="Remove first.jpg").click()
    rows = upload.locator(".st-key-table [role=row]")
    expect(rows.filter(has_text="first.jpg")).to_have_count(0)
    chosen = upload.locator(".st-key-table [role=row][aria-selected=true]")
    expect(chosen).to_contain_text("third.jpg")
    expect(answer).to_have_text("2718")
    pick_row(upload, 0)
    expect(answer).to_have_text("7")


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
    why = upload.get_by_text("File must be 20.0MB or smaller")
    expect(why).to_be_visible()
    assert box_of(why)["width"] > 100  # and not for screen readers alone
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
    upload.go_back()
    expect(upload.locator(".st-key-answer")).to_have_text("")
    upload.go_back()
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    upload.get_by_role("link", name="Models").click()
    expect(upload.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    upload.get_by_role("link", name="Read").click()
    expect(upload.locator(".st-key-answer")).to_have_text("365")
    expect(upload.get_by_text("One picture from before is still here.")).to_be_visible()
    upload.locator(".st-key-forget button").click()
    expect(upload.locator(".st-key-answer")).to_have_text("")
    expect(upload.locator(".st-key-samples button")).to_have_count(6)


def test_every_sample_is_read(upload: Page) -> None:
    for name, how in synthetic.SAMPLES.items():
        sample = upload.get_by_role("button", name=name.partition("-")[2].replace("-", " "))
        sample.click()
        expect(upload.locator(".st-key-answer")).to_have_text(how["text"])


def test_the_camera(window: Callable[..., Page]) -> None:
    page = window("/?input=Camera")
    # The button is there before the first frame, and would take a black picture.
    page.wait_for_function("document.querySelector('video')?.currentTime > 0.2")
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(".st-key-answer")).to_have_text("42")
    page.get_by_text("Draw", exact=True).click()
    expect(page.locator("video")).to_have_count(0)  # it must not go on filming
    page.get_by_text("Camera", exact=True).click()
    expect(page.locator(".st-key-answer")).to_have_text("42")


def test_back_and_forward_bring_the_input_and_the_sample_back(window: Callable[..., Page]) -> None:
    page = window()
    answer = page.locator(".st-key-answer")
    chosen = page.locator(".st-key-input [aria-checked=true]")
    page.get_by_text("Upload", exact=True).first.click()
    first, second = list(synthetic.SAMPLES.items())[:2]
    for name, how in (first, second):
        page.locator(f".st-key-sample-{name} button").click()
        expect(answer).to_have_text(how["text"])
    page.get_by_text("Camera", exact=True).click()
    expect(page).to_have_url(re.compile("input=Camera"))
    page.go_back()
    expect(chosen).to_have_text(re.compile("Upload"))
    expect(answer).to_have_text(second[1]["text"])
    page.go_back()
    expect(answer).to_have_text(first[1]["text"])
    page.go_back()
    expect(answer).to_have_text("")
    page.go_back()
    expect(chosen).to_have_text(re.compile("Draw"))
    page.go_forward()
    page.go_forward()
    expect(answer).to_have_text(first[1]["text"])


def test_back_from_a_page_that_a_link_led_to_is_the_page_before(
    window: Callable[..., Page],
) -> None:
    page = window("/?input=Upload")
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    page.get_by_role("link", name="Read").click()
    chosen = page.locator(".st-key-input [aria-checked=true]")
    expect(chosen).to_have_text(re.compile("Upload"))
    page.get_by_text("Camera", exact=True).click()
    expect(page).to_have_url(re.compile("input=Camera"))
    page.go_back()
    expect(chosen).to_have_text(re.compile("Upload"))
    page.go_back()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()


def test_boxes_are_drawn_on_all_of_a_narrow_page(window: Callable[..., Page]) -> None:
    page = window("/?input=Upload", viewport={"width": 820, "height": 900})
    page.locator(".st-key-samples button").nth(3).click()
    correct = page.locator(".st-key-correct")
    correct.get_by_role("button", name="Wrong").click()
    field = page.get_by_role("textbox", name="What does it say?")
    field.fill("27189")
    field.press("Enter")
    paper = correct.locator("canvas.upper-canvas")
    expect(correct.get_by_role("button", name="Keep")).to_be_in_viewport()
    expect(page.locator(".st-key-boxes")).to_have_css("overflow", "hidden")  # the canvas's tools
    for viewport, room in ((820, 488), (320, 288), (640, 608)):
        page.set_viewport_size({"width": viewport, "height": 900})
        expect(paper).to_have_js_property("clientWidth", room)
        assert box_of(paper)["x"] + room <= viewport
