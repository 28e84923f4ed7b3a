"""Right or wrong, as Streamlit runs it: one click, a typed number, boxes, and Undo."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks import synthetic
from digitrec import Reading, Refusal, examples, read, reader
from digitrec.classifier import Classifier
from digitrec.example import NOT_A_DIGIT, Which
from digitrec.reading import NOT_DIGIT
from digitrec.settings import ROOT
from digitrec.ui import browser

DRAWN = Image.fromarray(synthetic.sheet("47", 1, ink="black", shadow=0).pixels)


@pytest.fixture
def app(no_examples: None) -> AppTest:
    st.cache_data.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)  # much of the time of many tests
    return file.getvalue()


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each button would download, by its label."""
    files: dict[str, str] = {}

    def offer(label: str, data: str | bytes | Callable[[], str | bytes], **_: Any) -> None:
        made = data() if callable(data) else data
        files[label] = made if isinstance(made, str) else made.decode("utf-8-sig")

    monkeypatch.setattr(st, "download_button", offer)
    return files


def draw(app: AppTest, picture: Image.Image = DRAWN) -> AppTest:
    data = f"data:image/png;base64,{base64.b64encode(png(picture)).decode()}"
    raw = {"objects": [{"type": "Path", "path": [["M", 0, 0]]}]}
    app.session_state["canvas"] = {"drawing": {"raw": raw, "data": data}}
    return app.run()


def stacked(*numbers: str) -> Image.Image:
    """A number a line."""
    lines = [synthetic.sheet(number, 1, ink="black", shadow=0).pixels for number in numbers]
    page = Image.new("RGB", (max(line.shape[1] for line in lines), sum(map(len, lines))), "white")
    for place, line in enumerate(lines):
        page.paste(Image.fromarray(line), (0, place * len(line)))
    return page


def pick(app: AppTest, number: int | None) -> AppTest:
    """One of the numbers that were drawn; None: none of them."""
    app.session_state["picked"] = number if number is None else (drawing_key(app), number)
    return app.run()


def drawing_key(app: AppTest) -> str:
    key: str = app.session_state["drawing"].key
    return key


def say(app: AppTest, number: str) -> AppTest:
    if not any(t.label == "What does it say?" for t in app.text_input):
        app.button(key="wrong").click().run()
    next(t for t in app.text_input if t.label == "What does it say?").set_value(number)
    keep = next(b for b in app.button if b.label == "Keep" and b.key != "keep-boxes")
    return keep.click().run()


def kept() -> list[tuple[int | None, int]]:
    """What was read and the label, from left to right."""
    return [(e.read, e.label) for e in reversed(examples.find(Which(), 100))]


def text(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def answer(app: AppTest) -> str:
    """The text of the large answer."""
    (found,) = (one.proto.body for one in app.get("html") if "<output" in one.proto.body)
    return re.sub("<[^>]*>", "", found)


def test_nothing_is_asked_before_there_is_a_reading(app: AppTest) -> None:
    app.run()
    assert not any(button.key == "confirm" for button in app.button)


def test_one_click_confirms_and_undo_takes_it_back(app: AppTest) -> None:
    draw(app)
    app.button(key="confirm").click().run()
    assert not app.exception
    assert kept() == [(4, 4), (7, 7)]
    assert "Thank you, kept" in text(app)
    app.button(key="unkeep").click().run()
    assert kept() == []
    assert app.button(key="confirm")


def test_several_numbers_are_confirmed_in_one_click_and_corrected_one_by_one(app: AppTest) -> None:
    draw(app, stacked("47", "47"))
    assert "Click a number to correct it." in [caption.value for caption in app.caption]
    app.button(key="confirm").click().run()
    assert not app.exception
    assert {label for _, label in kept()} == {4, 7}
    app.button(key="unkeep").click().run()
    assert kept() == []

    pick(app, 1)
    say(app, "41")
    assert kept() == [(4, 4), (7, 1)]


def test_the_others_are_right_without_the_one_that_was_corrected(app: AppTest) -> None:
    draw(app, stacked("47", "1042", "365"))
    pick(app, 1)
    say(app, "1049")
    pick(app, None)
    assert app.button(key="confirm").label == "The others are right"
    app.button(key="confirm").click().run()
    assert not app.exception
    labels = {(read, label) for read, label in kept() if read != label}
    assert labels == {(2, 9)}
    assert sorted(label for _, label in kept()) == [0, 1, 3, 4, 4, 5, 6, 7, 9]
    assert examples.count(Which(binned=True)) == 0
    app.button(key="unkeep").click().run()
    assert sorted(label for _, label in kept()) == [0, 1, 4, 9]
    for place in (0, 2):
        pick(app, place)
        app.button(key="confirm").click().run()
    pick(app, None)
    assert "confirm" not in [button.key for button in app.button]


def test_what_was_said_of_a_number_is_shown_when_it_is_picked_again(app: AppTest) -> None:
    draw(app, stacked("47", "365"))
    for place, number in enumerate(("41", "368")):
        pick(app, place)
        say(app, number)
    for place, number in enumerate(("41", "368")):
        pick(app, place)
        assert f"kept as **{number}**" in text(app)
        app.button(key="unkeep").click().run()
        assert app.button(key="wrong")
    assert kept() == []


def test_the_right_number_is_typed(app: AppTest) -> None:
    draw(app)
    app.button(key="wrong").click().run()
    next(t for t in app.text_input if t.key == "writer").set_value("Ada")
    say(app, "4x")
    assert not app.exception
    assert kept() == [(4, 4), (7, NOT_A_DIGIT)]
    assert [found.writer for found in examples.find(Which(), 9)] == ["Ada", "Ada"]
    assert "kept as **4x**" in text(app)


def test_a_drawing_on_a_larger_canvas_is_the_same_to_who_corrects_it(app: AppTest) -> None:
    draw(app)
    app.button(key="wrong").click().run()
    app.toggle(key="taller").set_value(True).run()
    paper = f"rgba(255, 255, 255, {1 + app.session_state['revision']})"
    more = Image.new("RGB", (DRAWN.width, 2 * DRAWN.height), "white")
    more.paste(DRAWN)
    sent = {"raw": {"objects": app.session_state["strokes"], "background": paper}}
    sent["data"] = f"data:image/png;base64,{base64.b64encode(png(more)).decode()}"
    app.session_state["canvas"] = {"drawing": sent}
    app.run()
    assert "What does it say?" in [field.label for field in app.text_input]
    say(app, "41")
    assert kept() == [(4, 4), (7, 1)]


def test_a_correction_is_what_the_page_shows_copies_and_saves(
    app: AppTest, saved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(browser, "copy_button", copied.append)
    draw(app)
    assert (answer(app), copied[-1]) == ("47", "47")
    say(app, "4.1")
    assert not app.exception
    assert (answer(app), copied[-1]) == ("4.1", "4.1")
    assert "Corrected: 47 → 4.1" in html(app)
    assert 'role="meter"' not in html(app)
    reading = json.loads(saved["JSON"])
    assert (reading["text"], reading["written"]) == ("41", "4.1")
    (number,) = reading["numbers"]
    assert (number["written"], number["corrected"], number["read"]) == ("4.1", True, "47")
    assert number["confidence"] is None
    assert [digit["digit"] for digit in number["digits"]] == [4, 7]

    app.button(key="unkeep").click().run()
    assert (answer(app), copied[-1]) == ("47", "47")
    assert "Corrected" not in html(app)
    assert "corrected" not in json.loads(saved["JSON"])["numbers"][0]
    say(app, "41")
    draw(app, stacked("365"))  # read anew
    assert answer(app) == "365"


def test_a_correction_of_one_number_is_among_the_others(
    app: AppTest, saved: dict[str, str]
) -> None:
    draw(app, stacked("47", "1042"))
    pick(app, 1)
    say(app, "1047")
    assert answer(app) == "47 1047"
    assert "2 numbers" in html(app)  # one is as it was read
    rows = list(csv.DictReader(io.StringIO(saved["CSV"])))
    assert [(row["number"], row["note"]) for row in rows] == [
        *(("47", ""), ("1047", "corrected, read as 1042")),
    ]
    assert [bool(row["confidence"]) for row in rows] == [True, False]
    app.button(key="unkeep").click().run()
    say(app, "xxxx")
    assert answer(app) == "47"
    assert "Corrected: 1042 → not a digit" in html(app)
    assert [number["text"] for number in json.loads(saved["JSON"])["numbers"]] == ["47", ""]


def test_a_correction_is_in_the_table_of_many(
    app: AppTest, saved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(browser, "photo", lambda data, *_: shown.append(data))
    app.query_params["input"] = "Upload"
    app.run()
    pictures = [("one.png", stacked("365")), ("two.png", stacked("47"))]
    files = [(name, png(picture), "image/png") for name, picture in pictures]
    app.file_uploader(key="files").set_value(files).run()
    say(app, "368")
    assert not app.exception
    assert answer(app) == "368"
    table = app.dataframe[0].value
    assert list(table["number"]) == ["368", "47"]
    assert table["note"][0] == "Corrected: 365 → 368"
    assert [one["text"] for one in json.loads(saved["JSON"])] == ["368", "47"]
    (row, _) = csv.DictReader(io.StringIO(saved["CSV"]))
    assert (row["number"], row["note"]) == ("368", "corrected, read as 365")
    (label,) = shown[-1]["numbers"]
    assert (label["text"], label["said"]) == ("368", "368, corrected, read as 365")
    assert shown[-1]["alt"] == "one.png, read as 365"


def test_a_shape_that_was_refused_is_corrected_to_a_digit(
    app: AppTest, saved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(image: bytes, model: Classifier, **more: Any) -> Reading:
        found = reader.read(image, model, **more)
        digits = [digit for number in found.numbers for digit in number.digits]
        shapes = [Refusal(digit.box, NOT_DIGIT, digit.ink) for digit in digits]
        return replace(found, numbers=(), refused=tuple(shapes))

    app.run()  # the canvas can be imported where Streamlit runs
    monkeypatch.setattr("digitrec.ui.drawing.read", refusing)
    draw(app)
    assert len(app.warning) == 1
    say(app, "47")
    assert not app.exception
    assert answer(app) == "47"
    assert not app.warning
    assert "Corrected: not a digit → 47" in html(app)
    (number,) = json.loads(saved["JSON"])["numbers"]
    assert (number["written"], number["read"]) == ("47", "")
    app.button(key="unkeep").click().run()
    assert answer(app) == ""
    assert len(app.warning) == 1


def test_not_a_digit_is_a_correction(app: AppTest) -> None:
    draw(app)
    app.button(key="wrong").click().run()
    app.button(key="not-a-digit").click().run()
    assert kept() == [(4, NOT_A_DIGIT), (7, NOT_A_DIGIT)]


def test_nonsense_is_a_sentence_and_the_next_word_is_kept(app: AppTest) -> None:
    draw(app)
    say(app, "four")
    assert not app.exception
    assert [error.value for error in app.error]
    assert kept() == []
    say(app, "41")
    assert kept() == [(4, 4), (7, 1)]
    assert not app.error


def test_another_count_asks_for_boxes_and_keeps_nothing_meanwhile(app: AppTest) -> None:
    draw(app)
    say(app, "477")
    assert not app.exception
    assert kept() == []
    assert "2 digits were found, and you typed **477**" in text(app)
    assert "What is sure has its box. Draw a box round the **7** (1 of 2)." in text(app)
    assert app.button(key="keep-boxes").disabled
    app.button(key="boxes-not").click().run()
    assert app.button(key="confirm")


def test_boxes_drawn_by_hand_are_kept(app: AppTest) -> None:
    """The picture shows 47; somebody says that only its 7 counts, and draws a box round it."""
    draw(app)
    say(app, "7")
    box = drawn_box(1)
    app.session_state["boxes-0"] = {"drawing": {"raw": {"objects": [box]}}}
    app.run()
    assert not app.button(key="keep-boxes").disabled
    app.button(key="keep-boxes").click().run()
    assert not app.exception
    assert kept() == [(7, 7)]


def test_boxes_stay_where_they_are_when_the_page_gets_narrower(app: AppTest) -> None:
    draw(app)
    say(app, "7")
    app.session_state["boxes-0"] = {"drawing": {"raw": {"objects": [drawn_box(1)]}}}
    app.run()
    app.session_state["easel"] = {"width": 288, "mounted": None}
    app.run()
    (box,) = app.session_state["boxes-0"]["drawing"]["raw"]["objects"]
    assert box["left"] + box["width"] < 288
    app.button(key="keep-boxes").click().run()
    assert not app.exception
    assert kept() == [(7, 7)]


def test_what_is_wrong_with_the_boxes_is_told_above_the_buttons(app: AppTest) -> None:
    draw(app)
    say(app, "7")
    box = drawn_box(1) | {"label": "77"}
    app.session_state["boxes-0"] = {"drawing": {"raw": {"objects": [box]}}}
    app.run()
    app.button(key="keep-boxes").click().run()
    shown = [getattr(one, "key", None) or one.type for one in app.main]
    assert shown.count("error") == 1
    assert shown.index("error") < shown.index("keep-boxes")


def test_boxes_that_were_sure_can_be_drawn_anew(app: AppTest) -> None:
    draw(app)
    say(app, "477")
    app.button(key="boxes-again").click().run()
    assert not app.exception
    assert "What is sure" not in text(app)
    assert "Draw a box round the **4** (1 of 3)." in text(app)


def drawn_box(digit: int) -> dict[str, object]:
    """A box round a digit of the drawing, as the canvas on a desktop sends it."""
    file = io.BytesIO()
    DRAWN.save(file, "PNG")
    found = read(file.getvalue()).numbers[0].digits
    boxes = [d.box for d in found]
    room = max(max(w, h) for _, _, w, h in boxes)
    left, top = (max(0, min(b[i] for b in boxes) - room) for i in (0, 1))
    right = min(DRAWN.width, max(x + w for x, _, w, _ in boxes) + room)
    bottom = min(DRAWN.height, max(y + h for _, y, _, h in boxes) + room)
    zoom = min(860 / (right - left), 420 / (bottom - top))
    x, y, w, h = boxes[digit]
    return {
        "type": "LabeledRect",
        "label": "7",
        "left": (x - left) * zoom,
        "top": (y - top) * zoom,
        "width": w * zoom / 2,
        "height": h * zoom,
        "scaleX": 2,
    }


def test_a_database_that_cannot_be_used_is_a_sentence(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples.sqlite").write_bytes(b"no database" * 1000)
    draw(app)
    app.button(key="confirm").click().run()
    assert not app.exception
    assert any("damaged" in error.value for error in app.error)
    assert app.button(key="confirm")  # to try again
