"""The pages Train and Models as Streamlit runs them; no network is trained here."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitrec import adaptation, jobs, language, registry, runs
from digitrec import report as reports
from digitrec.adaptation import Status
from digitrec.jobs import BusyError, JobError
from digitrec.recipes import Plan
from digitrec.runs import Epoch, Part
from digitrec.settings import ROOT, settings
from digitrec.snapshot import Snapshot
from digitrec.ui import status

SHIPPED = ROOT / "models" / "default"
RUN = "20261123-100000-abcd"
EPOCHS = tuple(Epoch(0.5 / k, 0.9 + k / 100, 0.4 / k, 0.91 + k / 100, 2.0) for k in (1, 2, 3))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A models folder of its own, with the shipped version and `one` in it."""
    shutil.copytree(SHIPPED, tmp_path / "default")
    monkeypatch.setenv("DIGITREC_MODELS", str(tmp_path))
    settings.cache_clear()
    add_version(tmp_path, "one", run=RUN)
    yield tmp_path
    settings.cache_clear()


def add_version(models: Path, name: str, **changes: Any) -> None:
    folder = models / name
    shutil.copytree(SHIPPED, folder)
    report = json.loads((folder / "report.json").read_text())
    report.update(full_report(), **changes)
    (folder / "report.json").write_text(json.dumps(report))


def full_report() -> dict[str, Any]:
    """What a run with two folds reports, but for the files."""
    history = {
        "loss": [0.5, 0.2],
        "accuracy": [0.9, 0.95],
        "val_loss": [0.4, 0.1],
        "val_accuracy": [0.92, 0.98],
        "seconds": [2.0, 2.0],
    }
    fold = {"accuracy": 0.98, "loss": 0.1, "seconds": 4.0, "history": history}
    confusion = [[100 if i == j else (i + j) % 2 for j in range(10)] for i in range(10)]
    groups = [{"confidence": 0.6, "accuracy": 0.7, "count": 9}]
    mistake = {"index": 3, "label": 4, "predicted": 9, "confidence": 0.99}
    ink = base64.b64encode(bytes(28 * 28)).decode()
    return {
        "recipe": "compact",
        "schedule": "quick",
        "created": "2026-11-23T10:00:00Z",
        "folds": [fold, {**fold, "accuracy": 0.97}],
        "mean": 0.975,
        "std": 0.005,
        "interval": [0.91, 1.04],
        "history": history,
        "seconds": 130.0,
        "out_of_fold": {
            "images": 600,
            "accuracy": 0.975,
            "confusion": confusion,
            "digits": [{"precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 60}] * 10,
        },
        "calibration": {
            "temperature": 0.8,
            "measured_on": "600 out-of-fold predictions",
            "ece_before": 0.05,
            "ece_after": 0.01,
            "reliability": {"before": groups, "after": groups},
        },
        "mistakes_in": "training set",
        "mistakes": [{**mistake, "label_error": k == 0, "image": ink} for k in range(25)],
        "comparison": {
            "with": "default",
            "accuracy": 0.98,
            "other_accuracy": 0.996,
            "only_this_right": 10,
            "only_other_right": 170,
            "p_value": 0.0,
        },
    }


def snapshot(state: str = "running", **changes: Any) -> Snapshot:
    plan = Plan.of("compact", "quick", folds=2, epochs=4, images=600)
    parts = (
        Part("fold 1", 4, 300, "done", history=EPOCHS),
        Part("fold 2", 4, 300, "running", 0.5, EPOCHS[:2]),
        Part("final", 4, 600),
    )
    now = time.time()
    made = Snapshot(
        id=RUN,
        plan=plan,
        state=state,
        progress=0.42,
        seconds=20.0,
        seconds_left=130.0,
        parts=parts,
        message="Training: 2 folds.",
        load=1.4,
        started=now - 60,
        ended=None if state in {"starting", "running"} else now,
        version=None,
        resumed=0,
        dismissed=False,
    )
    return replace(made, **changes)


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[[Snapshot], dict[str, Any]]:
    """Lets the page see this run; tells what the page asked of it."""

    def put(run: Snapshot) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        monkeypatch.setattr(jobs, "history", lambda: [run])
        monkeypatch.setattr(jobs, "current", lambda: run if run.under_way else None)
        monkeypatch.setattr(jobs, "snapshot", lambda run_id: run)
        monkeypatch.setattr(jobs, "recover", lambda: None)
        monkeypatch.setattr(jobs, "log", lambda run_id: "what the process printed")
        for action in ("cancel", "resume", "forget"):
            monkeypatch.setattr(jobs, action, lambda run_id, a=action: asked.update({a: run_id}))
        return asked

    return put


def visit(page: str, **query: str) -> AppTest:
    st.cache_data.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page(f"digitrec/ui/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """All that the page says."""
    said = [
        element.value
        for kind in ("markdown", "caption", "code", "subheader")
        for element in app.get(kind)
    ]
    bodies = [html.proto.body for html in app.get("html") if "<style" not in html.proto.body]
    said += [re.sub(r"<[^>]*>", " ", body) for body in bodies]
    return " ".join(said).replace("\\", "")


def only(elements: Any) -> str:
    """The one message of its kind, as people read it."""
    assert len(elements) == 1, [element.value for element in elements]
    return str(elements[0].value).replace("\\", "")


def test_the_default_is_compact_quick_and_starts_as_shown(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[Plan] = []
    monkeypatch.setattr(jobs, "start", plans.append)
    app = visit("train")
    app.number_input(key="compact-quick-epochs").set_value(3)
    app.selectbox(key="compact-quick-folds").set_value(2)
    app.number_input(key="compact-quick-images").set_value(500)
    app.text_input(key="version-name").set_value("mine")
    app.toggle(key="serve-when-done").set_value(True)
    app.button(key="start").click().run()
    assert not app.exception
    changes = {"epochs": 3, "folds": 2, "images": 500, "name": "mine", "serve": True}
    assert plans == [Plan.of("compact", "quick", **changes)]


def test_each_recipe_has_its_own_settings(models: Path) -> None:
    app = visit("train")
    app.radio(key="recipe").set_value(("classic", "tutorial")).run()
    assert app.number_input(key="classic-tutorial-epochs").value == 10
    assert app.number_input(key="classic-tutorial-batch_size").value == 32
    assert app.selectbox(key="classic-tutorial-folds").value == 5
    app.radio(key="recipe").set_value(("compact", "full")).run()
    assert app.selectbox(key="compact-full-folds").value == 0
    assert not app.exception


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("epochs", 0, "Epochs: choose a whole number from 1 to 200."),
        ("epochs", 10**9, "Epochs: choose a whole number from 1 to 200."),
        ("images", 99, "Images: choose a whole number from 100 to 60,000."),
        ("batch_size", 4096, "Batch size: choose a whole number from 8 to 1,024."),
        ("learning_rate", 7.0, "Learning rate: choose a number from 0.00001 to 0.1."),
        ("seed", -1, "Seed: choose a whole number from 0 to 2,147,483,647."),
    ],
)
def test_a_setting_out_of_range_is_one_sentence(
    models: Path, setting: str, value: float, sentence: str
) -> None:
    app = visit("train")
    app.number_input(key=f"compact-quick-{setting}").set_value(value).run()
    assert not app.exception
    assert only(app.error) == sentence
    assert app.button(key="start").disabled


def test_a_name_that_cannot_be_a_folder_is_one_sentence(models: Path) -> None:
    app = visit("train")
    app.text_input(key="version-name").set_value("../../etc").run()
    assert not app.exception
    assert only(app.error).startswith("A version's name is made of letters")
    assert app.button(key="start").disabled


def test_a_second_start_is_refused_in_a_sentence(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(plan: Plan) -> str:
        raise BusyError("A training run is under way; wait until it ends, or cancel it.")

    monkeypatch.setattr(jobs, "start", refuse)
    app = visit("train")
    app.button(key="start").click().run()
    assert not app.exception
    assert only(app.error).startswith("A training run is under way")


def test_the_time_is_measured_when_asked(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[float] = []
    monkeypatch.setattr(jobs, "estimate_known", lambda plan: measured[0] if measured else None)
    monkeypatch.setattr(jobs, "estimate", lambda plan: measured.append(700.0))
    app = visit("train")
    app.button(key="measure").click().run()
    assert not app.exception
    assert "About 12 min on this machine" in text(app)


def test_a_measurement_that_fails_is_a_sentence(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(plan: Plan) -> float:
        raise JobError("The time cannot be estimated: the measurement failed.")

    monkeypatch.setattr(jobs, "estimate", fail)
    app = visit("train")
    app.button(key="measure").click().run()
    assert only(app.error) == "The time cannot be estimated: the measurement failed."


def test_a_run_is_shown_fold_by_fold(models: Path, pretend: Callable[..., Any]) -> None:
    asked = pretend(snapshot())
    app = visit("train")
    said = text(app)
    for words_ in ("Fold 1", "Done", "Fold 2", "Epoch 3 of 4", "Waiting", "94.00 %", "100 %"):
        assert words_ in said
    assert not [button for button in app.button if button.key == "start"]
    app.button(key="cancel").click().run()
    assert asked == {"cancel": snapshot().id}


def test_much_work_is_not_thrown_away_by_one_click(
    models: Path, pretend: Callable[..., Any]
) -> None:
    asked = pretend(snapshot(seconds=900.0))
    app = visit("train")
    app.button(key="cancel").click().run()
    assert app.button(key="throw-away").label == "Cancel the run"
    run = snapshot("failed", seconds=900.0)
    forgotten = pretend(run)
    app.run()
    for key in ("dismiss", f"forget-{run.id}"):
        app.button(key=key).click().run()
        assert app.button(key="throw-away").label == "Remove"
    assert not asked | forgotten


def test_every_page_tells_of_the_run(models: Path, pretend: Callable[..., Any]) -> None:
    pretend(snapshot())
    for page in ("read", "train", "models"):
        app = visit(page)
        assert "Training compact, quick" in " ".join(
            m.value.replace("*", "") for m in app.sidebar.markdown
        )


def test_every_page_tells_of_the_adaptation(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Status] = [Status("running", "Learning.", 0.5)]
    monkeypatch.setattr(adaptation, "seen", lambda: said[0])
    for page in ("read", "train"):
        app = visit(page)
        assert any("Adapting" in markdown.value for markdown in app.sidebar.markdown)
    said[0] = Status("done", "Adapted.", 1.0, "default")
    app.run()
    assert not any("Adapting" in markdown.value for markdown in app.sidebar.markdown)
    assert not app.exception


def test_a_resumed_run_says_so(models: Path, pretend: Callable[..., Any]) -> None:
    message = "Resumed, with all finished epochs (3); only the one under way was lost."
    pretend(snapshot(resumed=1, message=message))
    assert only(visit("train").info) == message


def test_a_failed_run_gives_its_reason_its_log_and_a_way_on(
    models: Path, pretend: Callable[..., Any]
) -> None:
    reason = "The run cannot be written: the disk is full."
    asked = pretend(snapshot("failed", message=reason))
    app = visit("train")
    assert only(app.error).endswith(reason)
    assert any("what the process printed" in code.value for code in app.code)
    app.button(key="resume").click().run()
    app.button(key="dismiss").click().run()
    assert asked == {"resume": snapshot().id, "forget": snapshot().id}
    assert app.button(key="start")


def test_the_log_of_an_earlier_run_is_read_when_it_is_opened(
    models: Path, pretend: Callable[..., Any]
) -> None:
    pretend(snapshot("done", version="one", progress=1.0))
    app = visit("train")
    assert "what the process printed" not in [code.value for code in app.code]
    app.session_state[f"log-{snapshot().id}"] = True
    app.run()
    assert not app.exception
    assert "what the process printed" in [code.value for code in app.code]


def test_a_finished_run_shows_its_report(models: Path, pretend: Callable[..., Any]) -> None:
    pretend(snapshot("done", version="one", progress=1.0))
    app = visit("train")
    said = text(app)
    for words_ in (
        *("97.500 ± 0.500 %", "91.00 to 100.00 %", "Accuracy: mean=97.500 std=0.500, n=2"),
        *("Confusion matrix", "Precision", "Calibration", "The label looks wrong", "Read as 9"),
    ):
        assert words_ in said
    assert "McNemar" in only(app.warning)
    app.button(key="report-serve").click().run()
    assert not app.exception
    assert app.button(key="worse-serve").label == "Put in service"


def test_the_result_is_told_above_the_form_to_who_watched(
    models: Path, pretend: Callable[..., Any]
) -> None:
    pretend(snapshot())
    app = visit("train", version="default")
    pretend(snapshot("done", version="one", progress=1.0))
    for _ in range(2):  # and stays
        app.run()
        assert "Done in" in only(app.success)
        assert app.selectbox(key="report-of").value == "one"
    keys = [button.key for button in app.button]
    assert keys.index("done-serve") < keys.index("start") < keys.index("report-serve")
    app.button(key="done-serve").click().run()
    assert app.button(key="worse-serve")
    app.button(key="dismiss").click().run()
    assert not app.success
    assert not app.exception


@pytest.fixture
def ended_unseen(models: Path) -> str:
    """A run on disk that came to the version `one` while nobody watched; its id."""
    folder = jobs.runs_folder() / snapshot().id
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(snapshot().plan.to_dict()))
    runs.write_event(folder, "started", resumed=0)
    runs.write_event(folder, "done", version="one")
    return folder.name


def test_the_result_is_told_to_who_comes_back_until_it_is_dismissed(ended_unseen: str) -> None:
    app, other = visit("train"), visit("train")
    assert "Done in" in only(app.success)
    app.button(key="dismiss").click().run()
    assert not app.exception
    assert not app.success
    assert jobs.snapshot(ended_unseen).dismissed
    assert not other.run().success
    assert not visit("train").success


@pytest.mark.usefixtures("ended_unseen")
def test_the_result_is_told_to_who_comes_back_until_it_serves() -> None:
    assert visit("train").success
    registry.serve("one")
    assert not visit("train").success
    registry.rollback()
    registry.rename("one", "two")
    assert visit("train").success
    registry.delete("two")
    assert not visit("train").success


def test_a_run_finds_its_version_by_any_name(models: Path, pretend: Callable[..., Any]) -> None:
    pretend(snapshot())
    app = visit("train")
    registry.rename("one", "renamed", models)
    pretend(snapshot("done", version="one", progress=1.0))
    app.run()
    assert not app.exception
    assert app.selectbox(key="report-of").value == "renamed"
    assert {f"report-{RUN}", "done-serve"} <= {button.key for button in app.button}
    assert any("renamed · " in markdown.value for markdown in app.markdown)
    registry.delete("renamed", models)
    app = visit("train")
    assert not app.exception
    assert "report-of" not in {box.key for box in app.selectbox}
    assert f"report-{RUN}" not in {button.key for button in app.button}


def test_a_cancelled_run_is_told_until_it_is_dismissed(
    models: Path, pretend: Callable[..., Any]
) -> None:
    pretend(snapshot())
    app = visit("train")
    pretend(snapshot("cancelled"))
    for _ in range(2):
        app.run()
        assert "was cancelled" in only(app.info)
    app.button(key="dismiss").click().run()
    assert not app.info
    assert not visit("train").info


def test_the_address_chooses_the_report(models: Path) -> None:
    assert "Accuracy: mean=97.500" in text(visit("train", version="one"))
    app = visit("train", version="no such version")
    assert not app.error


def test_the_tables_of_the_page_are_those_of_the_report_as_a_file(models: Path) -> None:
    ada = {"writer": "<Ada>", "before": 0.5, "after": 0.75, "examples": 20}
    add_version(models, "two", examples={**ada, "writers": [ada], "before_with": "default"})
    page = "".join(html.proto.body for html in visit("train", version="two").get("html"))
    tables = re.findall(r'<div class="scroll">(<table>.*?</table>)</div>', page)
    assert len(tables) == 3
    assert "&lt;Ada&gt;" in tables[2]
    assert "a few seconds" in tables[0]
    file = reports.html(registry.report("two", models))
    assert [table for table in tables if table not in file] == []


def test_what_was_right_at_first_sight_is_said_where_it_is_known(models: Path) -> None:
    test = {"accuracy": 0.97, "accuracy_without_contested": 0.98}
    test["confusion"] = full_report()["out_of_fold"]["confusion"]
    add_version(models, "old", test=test)
    add_version(models, "new", test={**test, "accuracy_at_sight": 0.9321})
    assert re.search("At first sight.*?93.21 %", text(visit("train", version="new")))
    assert "At first sight" not in text(visit("train", version="old"))
    assert re.search("at first sight.*?93.21 %", reports.html(registry.report("new", models)))
    assert "at first sight" not in reports.html(registry.report("old", models))


@pytest.mark.parametrize("damage", [{"folds": [7]}, {"mistakes": [{}]}, {"test": 7}])
def test_a_report_that_makes_no_sense_is_a_sentence(models: Path, damage: dict[str, Any]) -> None:
    add_version(models, "odd", **damage)
    app = visit("train", version="odd")
    assert any("cannot be shown" in error.value for error in app.error)


def test_versions_are_listed_served_and_rolled_back(models: Path) -> None:
    app = visit("models")
    said = text(app)
    for words_ in ("default", "one", "97.500 ± 0.500 %, 2 folds", "Compact, quick", "4.7 MB"):
        assert words_ in said
    add_version(models, "two", comparison=None)
    app = visit("models")
    app.button(key="serve-two").click().run()
    assert registry.in_service() == "two"
    assert "Model in service: **two**" in app.sidebar.caption[0].value
    app.button(key="rollback").click().run()
    assert registry.in_service() == "default"
    assert not app.exception


def test_a_worse_version_is_asked_about_before_it_serves(models: Path) -> None:
    better = {**full_report()["comparison"], "only_this_right": 200}
    add_version(models, "two", comparison=better)
    add_version(models, "odd", comparison={"with": 7})
    app = visit("models")
    said = [m.value for m in app.markdown if "than default, and hardly by chance" in m.value]
    assert sorted("Better" in verdict for verdict in said) == [False, True]
    app.button(key="serve-one").click().run()
    assert app.button(key="worse-serve").label == "Put in service"
    assert registry.in_service() == "default"
    for name in ("two", "odd"):
        app.button(key=f"serve-{name}").click().run()
        assert registry.in_service() == name
    assert not app.exception


def test_a_version_is_held_against_the_one_that_serves_now(models: Path) -> None:
    """Not against the one that served when it was trained."""
    beside_poor = {**full_report()["comparison"], "with": "poor", "only_this_right": 200}
    add_version(models, "fair", comparison=beside_poor, test={"accuracy": 0.9})
    app = visit("models")
    assert any("90.00 % of the test images" in m.value.replace("\\", "") for m in app.markdown)
    app.button(key="serve-fair").click().run()
    assert app.button(key="worse-serve")
    assert registry.in_service() == "default"


def test_enter_renames(models: Path) -> None:
    """Within a form it does."""
    app = visit("models")
    app.button(key="rename-one").click().run()
    assert app.text_input(key="new-name").form_id == app.button(key="rename-now").form_id != ""


def test_figures_can_be_read_on_every_colour(models: Path) -> None:
    """In either theme their contrast is at least 4.5."""
    drawn = " ".join(html.proto.body for html in visit("train", version="one").get("html"))
    depths = re.findall(r"light-dark\(color-mix\(.*?(\d+)%.*?(\d+)%", drawn)
    for theme, found in zip(("light", "dark"), zip(*depths, strict=True), strict=True):
        depth = max(map(int, found)) / 100
        names = ("textColor", "backgroundColor", "orangeColor")
        figures, paper, orange = (rgb(st.get_option(f"theme.{theme}.{name}")) for name in names)
        cell = [depth * a + (1 - depth) * b for a, b in zip(orange, paper, strict=True)]
        dark, bright = sorted(map(luminance, (figures, cell)))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, theme


def test_lines_and_bars_can_be_seen_on_either_paper() -> None:
    """Their contrast is at least 3, and each fit of five folds and all has its own colour."""
    for theme in ("light", "dark"):
        paper = luminance(rgb(st.get_option(f"theme.{theme}.backgroundColor")))
        colours = st.get_option(f"theme.{theme}.chartCategoricalColors")
        assert len(set(colours)) >= 6
        for colour in colours:
            dark, bright = sorted((luminance(rgb(colour)), paper))
            assert (bright + 0.05) / (dark + 0.05) >= 3, (theme, colour)


def rgb(colour: str) -> list[float]:
    """Each from 0 to 1, of "#rrggbb"."""
    return [part / 255 for part in bytes.fromhex(colour[1:])]


def luminance(colour: list[float]) -> float:
    """Relative, as WCAG 2 has it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_what_must_stay_has_no_delete(models: Path) -> None:
    registry.serve("one")
    (models / "one" / "model.keras").unlink()  # it reads without
    keys = {button.key for button in visit("models").button}
    assert not keys & {"delete-one", "delete-default", "rename-default"}
    assert "serve-default" in keys


def test_a_damaged_version_is_listed_and_cannot_serve(models: Path) -> None:
    (models / "one" / "model.tflite").write_bytes(b"cut short")
    app = visit("models")
    assert "is damaged" in only(app.error)
    assert "serve-one" not in {button.key for button in app.button}


@pytest.mark.usefixtures("models", "no_examples")
def test_the_pages_never_import_tensorflow() -> None:
    code = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
for page in ("train", "models", "examples", "inside", "course"):
    app.switch_page(f"digitrec/ui/{page}.py")
    app.query_params["version"] = "one"
    app.run()
    assert not app.exception
for chapter in app.segmented_control(key="chapter").options:
    app.segmented_control(key="chapter").set_value(chapter).run()
    assert not app.exception
print([name for name in ("tensorflow", "keras", "sklearn", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_times_are_said_as_people_say_them() -> None:
    said = [language.duration(seconds) for seconds in (3, 61, 3599, 7260)]
    assert said == ["a few seconds", "60 s", "1 h 0 min", "2 h 1 min"]


@pytest.mark.parametrize(
    ("progress", "seconds", "said"),
    [
        (0.42, 130, "42 % · about 2 min left"),
        (0.0, 3, "0 % · a few seconds left"),
        (0.999, 3, "100 %"),  # the report is being written
        (0.0, None, "0 %"),
    ],
)
def test_the_time_left_is_said_once(progress: float, seconds: float | None, said: str) -> None:
    assert status.how_far(snapshot(progress=progress, seconds_left=seconds)) == said


@pytest.mark.parametrize("state", ["running", "failed", "cancelled", "done"])
def test_the_page_train_in_french(
    models: Path,
    pretend: Callable[..., Any],
    run_in_french: Callable[[AppTest], str],
    state: str,
) -> None:
    pretend(snapshot(state, message="Entraînement : 2 plis.", version="one"))
    app = visit("train")
    drawn = run_in_french(app)
    assert "Rapport (HTML)" in drawn
    assert "98,000 %" in drawn


def test_the_page_models_in_french(models: Path, run_in_french: Callable[[AppTest], str]) -> None:
    add_version(models, "broken")
    (models / "broken" / "model.tflite").write_bytes(b"")
    registry.serve("one", models)
    app = visit("models")
    assert "est endommagé" in run_in_french(app)


def test_a_report_is_downloaded_in_the_language_of_its_page(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_ask", lambda: "fr")
    make = language.bound(partial(reports.html, registry.report("one", models), "one"))
    monkeypatch.setattr(language, "_ask", lambda: None)
    page = make()
    assert '<html lang="fr">' in page
    assert "Matrice de confusion" in page
    assert "Confusion matrix" not in page
    assert "Moins bonne que default" in page
