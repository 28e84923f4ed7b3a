"""The pages Inside and Learn as Streamlit runs them, without a browser."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks import synthetic
from digitrec import classifier, examples, lessons, neighbours, registry
from digitrec.datasets import CONTESTED, mnist
from digitrec.example import New
from digitrec.registry import RegistryError
from digitrec.runtime import ModelError
from digitrec.settings import settings
from digitrec.versions import Version

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = range(1, 8)


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A few training images to compare with, and kept nowhere: the pages are tested here."""
    monkeypatch.setattr(neighbours, "IMAGES", 200)
    monkeypatch.setattr(neighbours, "FOLDER", str(tmp_path))
    neighbours.neighbours.cache_clear()
    st.cache_data.clear()
    yield
    neighbours.neighbours.cache_clear()


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=200).run()


@pytest.fixture
def page(app: AppTest) -> AppTest:
    return app.switch_page("digitrec/ui/inside.py").run()


def draw(app: AppTest, number: str) -> None:
    """Write a number on the canvas."""
    file = io.BytesIO()
    Image.fromarray(synthetic.sheet(number, 1, ink="black", shadow=0).pixels).save(file, "PNG")
    data = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    raw = {"objects": [{"type": "Path", "path": [["M", 0, 0]]}]}
    app.session_state["canvas"] = {"drawing": {"raw": raw, "data": data}}
    app.run()


def answer(app: AppTest) -> str:
    """The text of the large answer."""
    found = [html.proto.body for html in app.get("html") if "<output" in html.proto.body]
    assert len(found) == 1
    return re.sub("<[^>]*>", "", found[0])


def component(app: AppTest, key: str) -> dict[str, Any]:
    """What a component of the page was given to show."""
    found = [one for one in app.get("bidi_component") if one.proto.id.endswith(f"-{key}")]
    assert len(found) == 1
    return json.loads(found[0].proto.json)


def chapter(app: AppTest, number: int) -> AppTest:
    app.query_params["chapter"] = str(number)
    return app.switch_page("digitrec/ui/course.py").run()


def test_until_something_is_drawn_a_test_digit_goes_through(page):
    assert not page.exception
    assert not page.error
    flow = component(page, "flow")
    assert [one["name"] for one in flow["classes"] if one["p"]] == ["7"]
    assert flow["layers"][0]["shape"][2] > 1
    assert len(component(page, "nearest")["pictures"]) == 8


def test_the_last_drawing_of_the_page_read_carries_over(app):
    draw(app, "4")
    app.switch_page("digitrec/ui/inside.py").run()
    assert not app.exception
    assert answer(app) == "4"
    flow = component(app, "flow")
    assert [one["name"] for one in flow["classes"] if one["p"]] == ["4"]


def test_each_of_several_digits_can_be_looked_into(page):
    draw(page, "47")
    assert answer(page) == "47"
    for place, name in ((1, "7"), (0, "4")):
        page.segmented_control(key="look-into-2").set_value(place).run()
        assert not page.exception
        classes = component(page, "flow")["classes"]
        assert [one["name"] for one in classes if one["p"]] == [name]


def test_what_was_said_of_a_malformed_drawing_goes_with_the_next(page, deaf):
    page.session_state["canvas"] = {"drawing": {"raw": {"objects": [{}]}, "data": "nonsense"}}
    page.run()
    assert len(deaf.elements("alert")) == 1
    draw(page, "4")
    assert answer(page) == "4"
    assert not deaf.elements("alert")


def test_a_digit_that_it_was_unsure_of_shows_all_its_looks(app):
    app.query_params["test"] = "3601"
    app.switch_page("digitrec/ui/inside.py").run()
    assert answer(app) == "1"
    said = [one["words"] for one in component(app, "looks")["pictures"]]
    assert [words.split(",")[0] for words in said] == ["Read as 6", "Read as 1", "Read as 1"]
    assert "first sight" in component(app, "flow")["head"]


def test_one_look_is_no_matter_of_words(page):
    assert not [one for one in page.get("bidi_component") if one.proto.id.endswith("-looks")]
    assert "It looked again" not in [title.value for title in page.subheader]
    assert "first sight" not in component(page, "flow")["head"]


def test_another_digit_can_be_asked_for(page):
    page.segmented_control(key="target-7").set_value(1).run()
    assert not page.exception
    before, _, after = component(page, "change")["pictures"]
    assert before["title"] == "Read as 7"
    assert after["title"] == "Read as 1"


def test_a_test_digit_in_the_address_is_shown(app):
    app.query_params["test"] = str(CONTESTED[0])
    app.switch_page("digitrec/ui/inside.py").run()
    assert not app.exception
    label = mnist().y_test[CONTESTED[0]]
    assert any(f"labelled {label}" in caption.value for caption in app.caption)
    assert app.segmented_control(key="inside-source").value == "MNIST"


@pytest.mark.parametrize("asked", ["10000", "-1", "four", "٣", ""])
def test_a_test_digit_that_there_is_not_is_the_first(app, asked):
    app.query_params["test"] = asked
    app.switch_page("digitrec/ui/inside.py").run()
    assert not app.exception
    assert answer(app) == "7"


@pytest.fixture
def kept(no_examples) -> tuple[int, ...]:
    """Twenty of MNIST's test digits as examples."""
    data = mnist()
    new = [New(data.x_test[k], b"png", int(data.y_test[k]), "drawn") for k in range(20)]
    return examples.add(new).ids


def test_kept_examples_are_looked_into(kept, app):
    app.query_params["example"] = str(kept[2])  # a 1
    app.switch_page("digitrec/ui/inside.py").run()
    assert not app.exception
    assert answer(app) == "1"
    assert any(f"Example {kept[2]}, labelled 1" in caption.value for caption in app.caption)
    next(button for button in app.button if button.label == "Older").click().run()
    assert not app.exception
    assert next(button for button in app.button if button.label == "Older").disabled
    assert answer(app) == "1"


def test_without_examples_it_is_said_how_to_get_some(no_examples, page):
    page.segmented_control(key="inside-source").set_value("kept").run()
    assert not page.exception
    assert any("No examples are kept yet" in said.value for said in page.markdown)


def test_a_missing_model_is_a_sentence(page, monkeypatch):
    def missing() -> None:
        raise ModelError("The model file models/default/model.tflite is missing.")

    monkeypatch.setattr(classifier, "in_service", missing)
    page.run()
    assert not page.exception
    assert any("is missing" in error.value.replace("\\", "") for error in page.error)


@pytest.fixture
def few_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the network says of a few test digits, one of them a mistake to show."""
    labels = mnist().y_test[:300]
    few = np.eye(11, dtype=np.float32)[labels]
    few[0] = np.eye(11)[3]
    monkeypatch.setattr(lessons, "test_answers", lambda _: (few, labels))


@pytest.mark.usefixtures("few_answers")
@pytest.mark.parametrize("number", CHAPTERS)
def test_every_chapter_is_drawn(app, number):
    chapter(app, number)
    assert not app.exception
    assert not app.error
    assert app.subheader[0].value.startswith(f"{number}. ")
    assert app.query_params["chapter"] in (str(number), [str(number)])


def test_a_chapter_leads_to_the_next_and_back(app):
    chapter(app, 4)
    app.button(key="turn-right").click().run()
    assert app.subheader[0].value == "5. Cross-validation"
    app.button(key="turn-left").click().run()
    assert app.subheader[0].value == "4. The convolutional network"


@pytest.mark.parametrize("asked", ["0", "8", "one", "²"])
def test_a_chapter_that_there_is_not_is_the_first(app, asked):
    app.query_params["chapter"] = asked
    app.switch_page("digitrec/ui/course.py").run()
    assert not app.exception
    assert app.subheader[0].value.startswith("1. ")


def test_a_rule_by_hand_is_measured(app):
    chapter(app, 1)
    shares = []
    for border in (0, 39):
        app.slider(key="rule-border").set_value(border).run()
        shares.append(float(app.metric[0].value.split()[0]))
    assert shares[0] < 60
    assert shares[1] > 95


def test_framing_a_digit_badly_changes_the_answer(app):
    chapter(app, 3)
    good = component(app, "prepare-steps")["pictures"][2]["words"]
    app.slider(key="prepare-box").set_value(8)
    app.slider(key="prepare-across").set_value(8)
    app.slider(key="prepare-down").set_value(8).run()
    bad = component(app, "prepare-steps")["pictures"][2]["words"]
    assert good != bad


def test_what_is_drawn_is_framed_and_stays_until_it_is_cleared(app):
    chapter(app, 3)
    draw(app, "4")
    assert component(app, "prepare-steps")["pictures"][2]["words"].startswith("Read as 4")
    app.slider(key="prepare-across").set_value(1).run()
    assert component(app, "prepare-steps")["pictures"][2]["words"].startswith("Read as 4")
    next(button for button in app.button if button.label == "Clear").click().run()
    assert component(app, "prepare-steps")["pictures"][2]["words"].startswith("Read as 7")


def test_a_kernel_of_zeros_answers_nothing(app):
    chapter(app, 4)
    before = component(app, "kernel-result")["pictures"]
    for row, column in np.ndindex(3, 3):
        app.number_input(key=f"kernel-{row}-{column}").set_value(0)
    app.run()
    after = component(app, "kernel-result")["pictures"]
    assert after[0] == before[0]
    assert set(after[1]["tint"].rstrip("=")) == {"A"}  # base64 of zeros
    assert set(before[1]["tint"].rstrip("=")) != {"A"}


def test_a_version_s_folds_can_be_looked_through(app, monkeypatch):
    history = {key: [0.5, 0.9] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
    folds = [{"accuracy": 0.98 + 0.001 * k, "history": history} for k in range(5)]
    version = Version("mine", Path("mine"), True, None, folds=5, mean=0.98, std=0.001)  # noqa: FBT003
    monkeypatch.setattr(registry, "versions", lambda: [version])
    monkeypatch.setattr(
        registry, "report", lambda name: {"mean": 0.982, "std": 0.0014, "folds": folds}
    )
    chapter(app, 5)
    assert not app.exception
    app.segmented_control(key="course-fold-mine").set_value(3).run()
    assert any("Fold 3: 98.200 %" in text.value for text in app.markdown)


def deleted(name: str) -> dict[str, Any]:
    raise RegistryError(f"There is no version {name}.")


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (deleted, "There is no version mine"),
        (lambda _: {"mean": 0.98, "std": 0.001, "folds": [{}, {}]}, "its file is damaged"),
    ],
    ids=["deleted meanwhile", "damaged"],
)
def test_folds_that_cannot_be_shown_are_a_sentence(app, monkeypatch, report, words):
    version = Version("mine", Path("mine"), True, None, folds=2, mean=0.98, std=0.001)  # noqa: FBT003
    monkeypatch.setattr(registry, "versions", lambda: [version])
    monkeypatch.setattr(registry, "report", report)
    chapter(app, 5)
    assert not app.exception
    (error,) = app.error
    assert words in error.value


def test_the_values_of_rounded_weights_are_counted(app):
    chapter(app, 6)  # by default at 8 bits
    assert any("one of 255 values" in caption.value for caption in app.caption)


def test_silence_costs_answers_and_saves_mistakes(app, monkeypatch):
    labels = np.arange(100, dtype=np.uint8) % 10
    p = np.zeros((100, 11), np.float32)
    p[np.arange(100), labels] = 0.95
    p[:4] = 0
    p[:4, 5] = 0.6  # four mistakes, none of them sure
    monkeypatch.setattr(lessons, "test_answers", lambda _: (p, labels))
    chapter(app, 7)
    assert any("None at all" in caption.value for caption in app.caption)
    app.slider(key="testing-sure").set_value(50).run()
    assert len(component(app, "testing-mistakes")["pictures"]) == 4


@pytest.mark.usefixtures("few_answers")
def test_where_all_is_doubtful_the_chapter_begins_at_its_most(app, monkeypatch):
    monkeypatch.setenv("DIGITREC_DOUBT_BELOW", "1")
    settings.cache_clear()
    chapter(app, 7)
    monkeypatch.undo()
    settings.cache_clear()
    assert not app.exception
    assert app.slider(key="testing-sure").value == 99


def test_the_page_inside_in_french(page, run_in_french):
    assert "Les traits qui ont compté" in run_in_french(page)


@pytest.mark.usefixtures("few_answers")
@pytest.mark.parametrize("number", CHAPTERS)
def test_the_course_in_french(run_in_french, number):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
    app.query_params["chapter"] = str(number)
    app.switch_page("digitrec/ui/course.py")
    assert "Comment un ordinateur apprend" in run_in_french(app)
