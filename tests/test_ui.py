"""The page as Streamlit runs it, without a browser; tests/browser has the rest."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks import synthetic, synthetic_pages
from digitrec import Photo, Stroke, reader
from digitrec.classifier import Classifier
from digitrec.runtime import ModelError
from digitrec.settings import settings
from digitrec.ui import address, browser, view, words
from digitrec.ui import photo as photo_page
from digitrec.ui.view import View

ROOT = Path(__file__).resolve().parent.parent
EMPTY = Image.new("RGB", (860, 300), "white")


@pytest.fixture
def app() -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)  # much of the time of many tests
    return file.getvalue()


def data_url(picture: Image.Image) -> str:
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode()}"


def draw(app: AppTest, data: object, strokes: int = 1) -> AppTest:
    raw = {"objects": [{"type": "Path", "path": [["M", x, 0]]} for x in range(strokes)]}
    app.session_state["canvas"] = {"drawing": {"raw": raw, "data": data}}
    return app.run()


def answer(app: AppTest) -> str:
    """The text of the large answer."""
    found = [html.proto.body for html in app.get("html") if "<output" in html.proto.body]
    assert len(found) == 1
    return re.sub("<[^>]*>", "", found[0])


def sheet(text: str) -> Image.Image:
    return Image.fromarray(synthetic.sheet(text, 1, ink="black", shadow=0).pixels)


def test_an_empty_canvas_gets_no_answer(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert answer(app) == ""
    draw(app, data_url(EMPTY), strokes=0)
    assert not app.exception
    assert answer(app) == ""
    assert not app.error
    assert not app.warning


def test_unusable_settings_are_one_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITREC_WORK_SIDE", "wide")
    settings.cache_clear()
    app.run()
    assert not app.exception
    (error,) = app.error
    assert error.value == "DIGITREC_WORK_SIDE: choose a whole number from 100 to 10000."
    monkeypatch.undo()
    settings.cache_clear()
    assert not app.run().error


def test_a_drawing_is_read(app: AppTest) -> None:
    draw(app, data_url(sheet("47")))
    assert not app.exception
    assert answer(app) == "47"


@pytest.mark.parametrize("data", ["nonsense", "data:image/png;base64,AAAA", 7, [], {"a": 1}])
def test_a_malformed_drawing_is_a_sentence_and_the_next_is_read(app: AppTest, data: object) -> None:
    draw(app, data)
    assert not app.exception
    assert len(app.error) == 1
    assert answer(app) == ""
    draw(app, data_url(sheet("47")))
    assert answer(app) == "47"
    assert not app.error


def test_what_was_said_of_a_malformed_drawing_goes_with_the_next(app: AppTest, deaf: Any) -> None:
    draw(app, "nonsense")
    assert len(deaf.elements("alert")) == 1
    draw(app, data_url(sheet("47")))
    assert answer(app) == "47"
    assert not deaf.elements("alert")
    assert deaf.html("<article") == 1
    assert deaf.html('role="meter"') == 1
    assert len(deaf.elements("download_button")) == 1
    next(button for button in app.button if button.label == "Clear").click().run()
    assert answer(app) == ""
    assert deaf.html("<article") == deaf.html('role="meter"') == 0
    assert not deaf.elements("download_button")
    assert not app.exception


@pytest.mark.parametrize("state", [{}, {"drawing": 7}, {"drawing": {"raw": 1, "data": None}}])
def test_a_canvas_that_makes_no_sense_is_survived(app: AppTest, state: Any) -> None:
    app.session_state["canvas"] = state
    app.run()
    assert not app.exception
    assert answer(app) == ""


def test_a_drawing_is_read_with_its_strokes(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    def reading(image: bytes, model: Classifier, *, strokes: list[Stroke]) -> reader.Reading:
        told.append(strokes)
        return reader.read(image, model, strokes=strokes)

    app.run()  # the canvas can be imported where Streamlit runs
    monkeypatch.setattr("digitrec.ui.drawing.read", reading)
    raw = {"objects": [{"path": [["M", 1, 2], ["L", 3, 4]], "strokeWidth": 12}] * 2}
    app.session_state["canvas"] = {"drawing": {"raw": raw, "data": data_url(sheet("47"))}}
    app.run()
    assert answer(app) == "47"
    assert [stroke.points.tolist()[-1] for stroke in told[-1]] == [[3, 4], [3, 4]]
    next(button for button in app.button if button.label == "Undo").click().run()
    app.session_state["canvas"] = {  # the browser has redrawn
        "drawing": {"raw": {"objects": raw["objects"][:1]}, "data": data_url(sheet("4"))}
    }
    app.run()
    assert answer(app) == "4"
    assert len(told[-1]) == 1
    draw(app, data_url(sheet("47")))  # whose strokes make no sense
    assert answer(app) == "47"
    assert told[-1] == []


def test_a_drawing_is_read_again_only_when_it_or_the_model_has_changed(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def reading(image: bytes, model: Classifier, **more: Any) -> reader.Reading:
        told.append(model.name)
        return reader.read(image, model, **more)

    app.run()  # the canvas can be imported where Streamlit runs
    monkeypatch.setattr("digitrec.ui.drawing.read", reading)
    draw(app, data_url(sheet("47")), strokes=2)
    app.run()
    assert answer(app) == "47"
    assert told == ["default"]
    other = shutil.copytree(ROOT / "models" / "default", tmp_path / "other")
    monkeypatch.setattr("digitrec.ui.drawing.in_service", cache(lambda: Classifier(other)))
    app.run()
    assert told == ["default", "other"]
    next(button for button in app.button if button.label == "Undo").click().run()
    assert answer(app) == "47"  # until the browser has redrawn
    draw(app, data_url(sheet("4")))
    assert answer(app) == "4"
    draw(app, data_url(sheet("47")), strokes=2)
    assert answer(app) == "47"
    assert told == ["default", "other", "other", "other"]


def test_a_drawing_is_read_whatever_its_strokes(app: AppTest) -> None:
    draw(app, data_url(sheet("47")), strokes=0)
    assert answer(app) == "47"


def test_clear_and_undo(app: AppTest) -> None:
    draw(app, data_url(sheet("47")))
    next(button for button in app.button if button.label == "Clear").click().run()
    assert not app.exception
    assert answer(app) == ""
    next(button for button in app.button if button.label == "Undo").click().run()
    strokes = app.session_state["start"]["objects"]
    assert len(strokes) == 1


def test_undo_does_not_wait_for_the_browser(app: AppTest) -> None:
    """Here no browser redraws the canvas: what it last sent must not undo the undoing."""
    draw(app, data_url(sheet("47")), strokes=3)
    for left in (2, 1, 0):
        next(button for button in app.button if button.label == "Undo").click().run()
        assert len(app.session_state["start"]["objects"]) == left
    assert answer(app) == ""


def test_a_missing_model_is_a_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModelError("The model file models/default/model.tflite is missing.")

    monkeypatch.setattr("digitrec.ui.drawing.in_service", missing)
    draw(app, data_url(sheet("47")))
    assert not app.exception
    assert any("model.tflite" in error.value.replace("\\", "") for error in app.error)
    assert answer(app) == ""
    monkeypatch.undo()
    draw(app, data_url(sheet("47")))
    assert answer(app) == "47"


def test_a_missing_line_network_is_told_beside_the_model(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ModelError("The model file line/model.tflite is missing.")

    assert not app.run().sidebar.warning
    monkeypatch.setattr(reader, "network", missing)
    (warning,) = app.run().sidebar.warning
    assert "reads lines whole is missing or damaged" in warning.value
    draw(app, data_url(sheet("47")))
    assert answer(app) == "47"


def test_a_sample_is_read(app: AppTest) -> None:
    app.query_params["input"] = "Upload"
    app.run()
    for name, how in synthetic.SAMPLES.items():
        app.button(key=f"sample-{name}").click().run()
        assert not app.exception
        assert answer(app) == how["text"]


def stacked(*numbers: str) -> Image.Image:
    """A number a line."""
    lines = [sheet(number) for number in numbers]
    size = max(line.width for line in lines), sum(line.height for line in lines)
    page = Image.new("RGB", size, synthetic.PAPERS["white"][0])
    for place, line in enumerate(lines):
        page.paste(line, (0, place * line.height))
    return page


def upload(app: AppTest, *pictures: tuple[str, Image.Image]) -> AppTest:
    app.query_params["input"] = "Upload"
    app.run()
    files = [(name, png(picture), "image/png") for name, picture in pictures]
    app.file_uploader(key="files").set_value(files)
    return app.run()


def cards(app: AppTest) -> int:
    return sum(html.proto.body.count("<article") for html in app.get("html"))


def test_lines_are_answered_as_lines(app: AppTest) -> None:
    upload(app, ("page.png", stacked("47", "1042")))
    assert not app.exception
    assert answer(app) == "47 1042"
    body = next(html.proto.body for html in app.get("html") if "<output" in html.proto.body)
    assert body.count('class="line"') == 2
    assert cards(app) == 6


def test_a_number_is_answered_and_copied_with_its_point(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(browser, "copy_button", copied.append)
    page = synthetic_pages.page(
        *([["12.5"], ["40.75"]], 2),
        hand=synthetic_pages.Hand(gap=0.3),
        camera=synthetic_pages.Camera(shadow=0.1),
    )
    upload(app, ("page.png", Image.fromarray(page.pixels)))
    assert answer(app) == "12.5 40.75"
    assert copied[-1] == "12.5\n40.75"  # lines, as they are shown


def test_of_many_digits_only_those_of_one_number_are_shown(app: AppTest) -> None:
    upload(app, ("page.png", stacked("104", "2047", "1042", "47")))
    assert answer(app) == "104 2047 1042 47"
    assert cards(app) == 0
    assert any("Click a number" in caption.value for caption in app.caption)
    (file,) = app.session_state["files"]
    app.session_state["picked"] = (f"{file.file_id} {View()}", 1)
    app.run()
    assert cards(app) == 4
    app.button(key="turn-left").click().run()
    app.button(key="turn-right").click().run()  # read anew, as far as the page knows
    assert answer(app) == "104 2047 1042 47"
    assert cards(app) == 0


def test_the_table_of_several_says_what_came_of_each(app: AppTest) -> None:
    """With one confidence for a picture; why a file was not read is told where it is picked."""
    app.query_params["input"] = "Upload"
    app.run()
    file = io.BytesIO()
    stacked("47", "1042").save(file, "PNG")
    files = [("page.png", file.getvalue()), ("words.png", b"words"), ("empty.png", b"")]
    uploader = app.file_uploader(key="files")
    uploader.set_value([(name, content, "image/png") for name, content in files]).run()
    assert not app.exception
    rows = app.dataframe[0].value
    assert list(rows["number"]) == ["47 1042", "Not read", "Not read"]
    (meter,) = (html.proto.body for html in app.get("html") if "meter" in html.proto.body)
    assert rows["sure"][0].split(", ")[1] in meter.replace("&gt;", ">")
    assert list(rows["note"] == "") == [True, False, False]
    assert not app.error
    app.session_state["table"] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    app.run()
    (error,) = app.error
    assert re.findall(r"(\w+)\\.png", error.value) == ["empty"]


@pytest.mark.parametrize(("room", "columns"), [(288, 2), (358, 3), (488, 4), (860, 5)])
def test_the_table_of_several_has_the_columns_that_there_is_room_for(
    app: AppTest, room: int, columns: int
) -> None:
    app.session_state["easel"] = {"width": room, "mounted": None}
    upload(app, ("a.png", sheet("47")), ("b.png", sheet("3")))
    assert not app.exception
    table = app.dataframe[0].proto
    config = json.loads(table.columns)
    names = ["picture", "number", "sure", "file", "note"][:columns]
    assert list(table.column_order) == names
    assert room - 40 < sum(config[name]["width"] for name in names) <= room - 36  # the row's mark
    named = r"a\.png" in [caption.value for caption in app.caption]
    assert named == ("file" not in names)


def test_the_picked_picture_stays_picked_over_a_look_elsewhere(app: AppTest) -> None:
    upload(app, ("a.png", sheet("47")), ("b.png", sheet("365")))
    app.session_state["table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    assert answer(app) == "365"
    app.segmented_control(key="input").set_value("Draw").run()
    app.segmented_control(key="input").set_value("Upload").run()
    assert answer(app) == "365"
    assert app.session_state["table"]["selection"]["rows"] == [1]
    assert answer(visit_another_page(app)) == "365"


def test_more_pictures_than_the_page_keeps_are_a_sentence(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params["input"] = "Upload"
    app.run()  # the canvas can be imported where Streamlit runs
    monkeypatch.setattr("digitrec.ui.pictures.MOST", 1)
    upload(app, ("a.png", sheet("4")), ("b.png", sheet("7")))
    assert "2 pictures are too many" in app.error[0].value
    said = app.error[0].value.replace("\\", "")
    assert "“python -m digitrec read FOLDER --out numbers.csv”" in said
    assert answer(app) == ""


def test_a_picture_is_read_again_only_when_the_model_is_another(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Classifier] = []

    def reading(photo: Photo, model: Classifier, **more: Any) -> reader.Reading:
        told.append(model)
        return reader.read(photo, model, **more)

    monkeypatch.setattr(photo_page, "read", reading)
    upload(app, ("page.png", sheet("47")))
    same = Classifier(ROOT / "models" / "default")
    other = Classifier(shutil.copytree(same.folder, tmp_path / "other"))
    for model in (same, other):
        monkeypatch.setattr(photo_page, "in_service", lambda model=model: model)
        app.run()
    assert [model.name for model in told] == ["default", "other"]


def test_a_picture_is_turned_and_put_back(app: AppTest) -> None:
    upload(app, ("page.png", sheet("1042").transpose(Image.Transpose.ROTATE_90)))
    assert app.button(key="reset").disabled
    app.button(key="turn-right").click().run()
    assert answer(app) == "1042"
    app.button(key="turn-left").click().run()
    assert answer(app) != "1042"
    app.button(key="turn-right").click().run()
    assert answer(app) == "1042"
    app.button(key="reset").click().run()
    assert not app.exception
    assert answer(app) != "1042"
    assert app.button(key="reset").disabled


def test_a_picture_read_sideways_says_so_and_is_kept_as_it_was(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reader that turns what it may turn."""

    def turning(photo: Photo, classifier: object, *, turn: bool) -> reader.Reading:
        by = 90 if turn and photo.height > photo.width else 0
        return replace(reader.read(view.turned(photo, by)), turned=by)

    monkeypatch.setattr(photo_page, "read", turning)
    upload(app, ("page.png", sheet("1042").transpose(Image.Transpose.ROTATE_270)))
    assert answer(app) == "1042"
    assert [info.value for info in app.info] == ["Read sideways: turned by 90°."]
    app.button(key="turn-it").click().run()
    assert answer(app) == "1042"
    assert not app.info
    app.button(key="reset").click().run()
    app.button(key="keep-it").click().run()
    assert not app.info
    assert answer(app) != "1042"


def test_the_ink_can_be_shown(app: AppTest) -> None:
    upload(app, ("page.png", sheet("47")))
    app.toggle(key="ink").set_value(True).run()
    assert not app.exception
    assert answer(app) == "47"


def test_the_last_photo_and_the_sample_outlive_a_look_elsewhere(app: AppTest) -> None:
    app.query_params["input"] = "Upload"
    app.run()
    app.button(key="sample-5-chalk-on-a-blackboard").click().run()
    assert answer(app) == "98"
    app.segmented_control(key="input").set_value("Draw").run()
    assert answer(app) == ""
    app.segmented_control(key="input").set_value("Upload").run()
    assert answer(app) == "98"


def visit_another_page(app: AppTest) -> AppTest:
    app.query_params.clear()  # as a link does
    app.switch_page("digitrec/ui/models.py").run()
    return app.switch_page("digitrec/ui/read.py").run()


def test_the_sample_outlives_another_page(app: AppTest) -> None:
    app.query_params["input"] = "Upload"
    app.query_params["sample"] = "5-chalk-on-a-blackboard.jpg"
    app.run()
    assert answer(visit_another_page(app)) == "98"


def test_pictures_outlive_another_page_until_they_are_removed(app: AppTest) -> None:
    upload(app, ("page.png", sheet("47")))
    assert answer(visit_another_page(app)) == "47"
    assert app.segmented_control(key="input").value == "Upload"
    app.file_uploader(key="files").set_value(("more.png", png(sheet("3")), "image/png")).run()
    assert list(app.dataframe[0].value["number"]) == ["47", "3"]
    _, _, content = app.dataframe[0].value["picture"][0].partition(",")
    with Image.open(io.BytesIO(base64.b64decode(content))) as cell:
        assert cell.width <= 1.11 * cell.height  # what is wider than the table's cell is cut off
        left, top, right, bottom = cell.getbbox() or (0, 0, 0, 0)
    wide = sheet("47")
    assert (right - left) / (bottom - top) == pytest.approx(wide.width / wide.height, rel=0.02)
    visit_another_page(app)
    assert list(app.dataframe[0].value["number"]) == ["47", "3"]
    app.button(key="forget").click().run()
    assert not app.exception
    assert answer(app) == ""
    assert app.button(key="sample-5-chalk-on-a-blackboard")


def test_a_picture_from_before_that_the_uploader_still_has_is_there_once(app: AppTest) -> None:
    upload(app, ("page.png", sheet("47")))
    app.session_state["earlier"] = list(app.session_state["uploaded"])
    app.run()
    assert not app.dataframe  # of two pictures
    assert answer(app) == "47"


@pytest.mark.parametrize("sample", ["../read.py", "/etc/hostname", "", "none.jpg"])
def test_only_a_sample_is_read_from_the_address(app: AppTest, sample: str) -> None:
    app.query_params["input"] = "Upload"
    app.query_params["sample"] = sample
    app.run()
    assert not app.exception
    assert not app.error
    assert answer(app) == ""


@pytest.mark.parametrize(
    "sent",
    [
        *(None, 7, [], [1, 2, 3], ["a", 0, 0, 1], [2, 2, 2, 2]),
        *(["nan", 0, 0.5, 0.5], [0, 0, float("nan"), 1], [0, 0, float("inf"), 1]),
        [10**400, 0, 0.5, 0.5],
    ],
)
def test_a_frame_that_makes_no_sense_is_none(sent: object) -> None:
    assert browser._frame(sent) is None


def test_a_frame_beyond_the_picture_is_cut_to_it() -> None:
    assert browser._frame([-1, 0.5, 3, 3]) == (0, 0.5, 1, 0.5)


def test_an_unknown_input_in_the_address_is_ignored(app: AppTest) -> None:
    app.query_params["input"] = "Telepathy"
    app.run()
    assert not app.exception
    assert app.segmented_control(key="input").value == "Draw"


def test_an_input_that_got_lost_is_the_one_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    state, asked = {"input": None}, {"input": "Upload"}
    monkeypatch.setattr(address.st, "session_state", state)
    monkeypatch.setattr(address.st, "query_params", asked)
    address.write("input")
    assert asked == {"input": "Upload"}
    address.follow("input", ("Draw", "Upload"), "Draw")
    assert state["input"] == "Upload"


def test_the_web_process_never_imports_tensorflow() -> None:
    code = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=30)
app.query_params["input"] = "Upload"
app.run()
app.button(key="sample-1-one-digit-in-black-ink").click().run()
assert not app.exception
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_configuration_is_safe_and_quiet() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == 200
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["toolbarMode"] == "minimal"
    assert config["client"]["showErrorDetails"] == "none"
    assert {"light", "dark"} <= config["theme"].keys()


def test_the_pages_ask_nothing_of_the_network() -> None:
    for path in [ROOT / "app.py", *(ROOT / "digitrec" / "ui").glob("*.*")]:
        if path.suffix in {".py", ".js", ".css", ".toml"}:
            text = path.read_text().replace("http://www.w3.org/2000/svg", "")  # only a name
            assert "://" not in text, path


def test_foreign_text_is_literal() -> None:
    assert words.plain("a_*b*_:red[c] $d$.png") == r"a\_\*b\*\_\:red\[c\] \$d\$\.png"
    assert words.percent(1.0) == "> 99 %"


def test_the_page_read_in_french(app: AppTest, run_in_french: Callable[[AppTest], str]) -> None:
    for picture in (EMPTY, sheet("47"), sheet("3")):
        draw(app, data_url(picture), strokes=2)
        run_in_french(app)


def test_a_picture_read_in_french(app: AppTest, run_in_french: Callable[[AppTest], str]) -> None:
    app.query_params["input"] = "Upload"
    app.query_params["sample"] = "6-a-telephone-number.jpg"
    assert "lu comme 555019384" in run_in_french(app)


def test_the_language_is_switched_and_stays(app: AppTest) -> None:
    app.run()
    assert app.header[0].value == "Read a number"
    assert "lang" not in app.query_params
    switch = app.sidebar.get("button_group")[0]
    switch.set_value("fr").run()
    assert app.header[0].value == "Lire un nombre"
    app.switch_page("digitrec/ui/models.py").run()
    assert app.header[0].value == "Modèles"
    assert "lang" not in app.query_params  # each page would take two steps back
    app.sidebar.get("button_group")[0].set_value("en").run()
    assert app.header[0].value == "Models"
    assert "lang" not in app.query_params


@pytest.mark.parametrize(("asked", "title"), [("fr", "Lire un nombre"), ("xx", "Read a number")])
def test_the_address_asks_for_a_language(app: AppTest, asked: str, title: str) -> None:
    app.query_params["lang"] = asked
    app.run()
    assert app.header[0].value == title
    app.sidebar.get("button_group")[0].set_value("en").run()
    assert app.header[0].value == "Read a number"


@pytest.mark.parametrize(("kept", "title"), [("fr", "Lire un nombre"), ("xx", "Read a number")])
def test_the_language_that_was_chosen_last(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, kept: str, title: str
) -> None:
    monkeypatch.setattr(type(st.context), "cookies", {"digitrec-language": kept})
    app.run()
    assert app.header[0].value == title
