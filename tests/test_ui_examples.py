"""The page Examples as Streamlit runs it."""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest

from benchmarks import synthetic
from digitrec import adaptation, examples, exports, imports, registry, schema
from digitrec.adaptation import AdaptationError, Status
from digitrec.example import NOT_A_DIGIT, New, Which
from digitrec.examples import ExamplesError
from digitrec.language import Sentence
from digitrec.settings import ROOT, settings


@pytest.fixture
def app(no_examples: None) -> AppTest:
    st.cache_data.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def keep(count: int, **changes: Any) -> tuple[int, ...]:
    """Labels go round; every third was read wrong."""
    rng = np.random.default_rng(count)
    return examples.add(
        [
            New(
                rng.integers(0, 256, (28, 28), np.uint8), b"png", k % 11, "drawn",
                read=k % 11 if k % 3 else (k + 1) % 11, version="default", **changes,
            )
            for k in range(count)
        ]
    ).ids  # fmt: skip


def opened(app: AppTest) -> AppTest:
    app.switch_page("digitrec/ui/examples.py").run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(element.value for element in app.caption)


def choose(app: AppTest, *ids: int) -> None:
    app.session_state["tiles"] = {"chosen": list(ids)}
    app.run()


def test_an_empty_collection_says_where_examples_come_from(app: AppTest) -> None:
    opened(app)
    assert "page Read" in app.info[0].value
    assert app.button(key="adapt-now").disabled


def test_the_gallery_is_paged_and_filtered(app: AppTest) -> None:
    keep(200)
    keep(1, writer="Ada")
    opened(app)
    assert "201 examples" in told(app)
    assert told(app).count("Page 1 of 3") == 2  # above the gallery and below
    for key, page in (("page-below-of-3", 2), ("page-of-3", 3)):
        app.pagination(key=key).select(page).run()
        assert told(app).count(f"Page {page} of 3") == 2
    (tiles,) = (c for c in app.get("bidi_component") if c.proto.id.endswith("-tiles"))
    assert len(json.loads(tiles.proto.json)["tiles"]) == 201 - 2 * 96
    app.multiselect(key="which-label").set_value([NOT_A_DIGIT]).run()
    assert f"{len(range(10, 200, 11))} examples" in told(app)
    app.multiselect(key="which-label").set_value([]).run()
    app.selectbox(key="which-writer").set_value("Ada").run()
    assert "1 example" in told(app)
    app.selectbox(key="which-writer").set_value("Everybody").run()
    app.date_input(key="which-days").set_value([date.today() - timedelta(9)] * 2).run()  # noqa: DTZ011
    assert not app.exception
    assert "No example is like that" in app.info[0].value


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize("day", [datetime(2025, 3, 30), datetime(2025, 10, 26)])  # noqa: DTZ001
def test_a_day_on_which_the_clocks_change_is_a_whole_day(app: AppTest, day: datetime) -> None:
    tomorrow = day + timedelta(1)
    for count, moment in (
        *((1, day - timedelta(minutes=1)), (2, day)),
        *((4, tomorrow - timedelta(minutes=1)), (8, tomorrow)),
    ):
        keep(count, created=moment.timestamp())
    opened(app)
    app.date_input(key="which-days").set_value([day.date()] * 2).run()
    assert not app.exception
    assert "6 examples" in told(app)


def test_turning_a_page_is_no_warning(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Streamlit's stack trace, of which each process has one at most."""
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    keep(200)
    opened(app)
    app.pagination(key="page-below-of-3").select(2).run()
    assert "default value" not in caplog.text


def test_chosen_examples_are_relabelled_deleted_and_restored(app: AppTest) -> None:
    a, b, c = keep(3)
    opened(app)
    assert app.button(key="relabel").disabled
    choose(app, a, b)
    assert app.selectbox(key="new-label").value is None
    assert app.button(key="relabel").disabled
    app.selectbox(key="new-label").set_value(7).run()
    app.button(key="relabel").click().run()
    assert not app.exception
    assert {e.id for e in examples.find(Which(labels=(7,)), 9)} == {a, b}
    app.button(key="undo-relabel").click().run()
    assert not app.exception
    assert [e.label for e in examples.find(Which(), 9)] == [2, 1, 0]
    assert "undo-relabel" not in {button.key for button in app.button}
    choose(app, c)
    app.button(key="delete-examples").click().run()
    assert examples.count(Which()) == 2
    app.toggle(key="which-bin").set_value(True).run()
    choose(app, c)
    app.button(key="restore").click().run()
    assert examples.count(Which()) == 3
    examples.delete([a])
    app.run()
    app.button(key="empty-bin").click().run()
    assert app.button(key="empty-now").label == "Empty the bin"
    assert examples.count(Which(binned=True)) == 1  # it is asked first


def test_a_relabelling_is_taken_back_after_one_of_them_was_deleted(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(before: dict[int, int]) -> None:
        raise ExamplesError("The database is busy.")

    a, b = keep(2)
    opened(app)
    choose(app, a, b)
    app.selectbox(key="new-label").set_value(7).run()
    app.button(key="relabel").click().run()
    choose(app, a)
    app.button(key="delete-examples").click().run()
    choose(app)
    with monkeypatch.context() as busy:
        busy.setattr(examples, "unlabel", refuse)
        app.button(key="undo-relabel").click().run()
    assert "busy" in app.error[0].value
    app.button(key="undo-relabel").click().run()
    assert not app.error
    assert [e.label for e in examples.find(Which(), 9)] == [1]
    assert [e.label for e in examples.find(Which(binned=True), 9)] == [0]
    assert "undo-relabel" not in {button.key for button in app.button}


@pytest.mark.parametrize("chosen", [None, 7, ["x"], [10**9]])
def test_a_choice_that_makes_no_sense_is_none(app: AppTest, chosen: object) -> None:
    keep(2)
    app.session_state["tiles"] = {"chosen": chosen}
    opened(app)
    assert app.button(key="relabel").disabled


def test_one_deleted_by_another_session_meanwhile_is_a_sentence(app: AppTest) -> None:
    (a, _) = keep(2)
    opened(app)
    choose(app, a)
    app.selectbox(key="new-label").set_value(7).run()
    examples.delete([a])
    app.button(key="relabel").click().run()
    assert not app.exception
    assert "is in the bin" in app.error[0].value
    assert not app.toast
    examples.restore([a])
    app.run()
    examples.delete([a])
    examples.empty_bin()
    app.button(key="relabel").click().run()
    assert not app.exception
    assert "no example" in app.error[0].value


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def test_a_zip_is_previewed_before_it_is_kept(app: AppTest) -> None:
    pixels = synthetic.sheet("407", 1, ink="black", shadow=0).pixels
    png = cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
    opened(app)
    content = archive({"407__1.png": png, "../5__1.png": png})
    app.file_uploader(key="import-zip-0").set_value(("in.zip", content, "application/zip")).run()
    assert not app.exception
    assert examples.count(Which()) == 0
    assert "**1 picture** will be taken:" in [m.value for m in app.markdown]
    assert any("leads out" in m.value for m in app.markdown)
    app.button(key="import-now").click().run()
    assert not app.exception
    assert [e.label for e in reversed(examples.find(Which(), 9))] == [4, 0, 7]
    assert "3 examples" in told(app)
    assert any("leads out" in m.value for m in app.markdown)  # still, after it is kept


def test_a_zip_is_looked_into_once_for_its_preview(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(app)
    looked: list[int] = []
    look = imports.in_zip
    monkeypatch.setattr(imports, "in_zip", lambda file: looked.append(1) or look(file))
    for name in ("4__1.png", "5__1.png"):
        sent = ("in.zip", archive({name: b"png"}), "application/zip")
        app.file_uploader(key="import-zip-0").set_value(sent).run()
        app.run()
        app.text_input(key="import-writer").set_value(f"who wrote {name}").run()
        assert not app.exception
        assert any(f"{name[0]}\\_\\_1\\.png: {name[0]}" in c.value for c in app.caption)
    assert len(looked) == 2


def test_an_export_is_restored_and_what_is_there_already_is_told(
    app: AppTest, tmp_path: Path
) -> None:
    a, *_ = keep(3, writer="Ada")
    with schema.writing() as connection:
        connection.execute(sa.update(schema.EXAMPLES).values(crop=imports.PNG))
    exports.write(tmp_path / "out.zip")
    examples.delete([a])
    opened(app)
    content = (tmp_path / "out.zip").read_bytes()
    uploader = app.file_uploader(key="import-zip-0")
    assert uploader.proto.max_upload_size_mb == 200
    uploader.set_value(("out.zip", content, "application/zip")).run()
    app.button(key="import-now").click().run()
    assert not app.exception
    said = "1 example is kept. 2 are here already, and stay as they are."
    assert [toast.value for toast in app.toast] == [said]
    assert examples.count(Which(writer="Ada")) == 3


def test_a_damaged_zip_is_a_sentence(app: AppTest) -> None:
    opened(app)
    app.file_uploader(key="import-zip-0").set_value(("in.zip", b"PK", "application/zip")).run()
    assert not app.exception
    assert "not a zip" in app.error[0].value


def test_adapting_is_started_followed_and_served(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(3)
    said: list[Status | None] = [None]
    monkeypatch.setattr(adaptation, "seen", lambda: said[0])
    monkeypatch.setattr(
        adaptation, "start", lambda: said.__setitem__(0, Status("running", "Starting.", 0.1))
    )
    opened(app)
    app.button(key="adapt-now").click().run()
    assert not app.exception
    assert any("Adapting" in m.value for m in app.markdown)
    said[0] = Status("done", "Held-out examples read right: 50% before, 90% now.", 1, "default")
    app.run()
    assert "90% now" in app.success[0].value
    said[0] = Status("done", Sentence("{share:.1%} now", {"share": 0.9}), 1, "default")
    app.run()
    assert "90\\.0 % now" in app.success[0].value
    said[0] = Status("interrupted", "Its process ended without a word; start it again.")
    app.run()
    assert "did not finish" in app.error[0].value
    assert not app.button(key="adapt-now").disabled


def test_an_adapted_version_that_reads_worse_is_asked_about_before_it_serves(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("default", "adapted"):
        shutil.copytree(ROOT / "models" / "default", tmp_path / "models" / name)
    report = tmp_path / "models" / "adapted" / "report.json"
    facts = json.loads(report.read_text())
    report.write_text(json.dumps({**facts, "test": {"accuracy": 0.9}, "comparison": None}))
    monkeypatch.setenv("DIGITREC_MODELS", str(tmp_path / "models"))
    settings.cache_clear()
    done = Status("done", "Held-out examples read right: 50% before, 90% now.", 1, "adapted")
    monkeypatch.setattr(adaptation, "seen", lambda: done)
    opened(app)
    app.button(key="adapt-serve").click().run()
    assert not app.exception
    assert app.button(key="worse-serve").label == "Put in service"
    assert registry.in_service() == "default"
    report.write_text(json.dumps(facts))
    app.button(key="adapt-serve").click().run()
    assert registry.in_service() == "adapted"
    assert not app.exception


def test_an_adaptation_that_cannot_start_is_a_sentence(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AdaptationError("It cannot be started: the disk is full.")

    keep(3)
    monkeypatch.setattr(adaptation, "seen", lambda: None)
    monkeypatch.setattr(adaptation, "start", refuse)
    opened(app)
    app.button(key="adapt-now").click().run()
    assert not app.exception
    assert "disk is full" in app.error[0].value


def test_a_database_that_cannot_be_used_is_a_sentence(app: AppTest, tmp_path: Path) -> None:
    (tmp_path / "examples.sqlite").write_bytes(b"no database" * 1000)
    opened(app)
    assert "damaged" in app.error[0].value


def test_the_page_examples_in_french(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, run_in_french: Callable[[AppTest], str]
) -> None:
    monkeypatch.setenv("DIGITREC_LANGUAGE", "fr")  # AppTest names options outside of the page's run
    settings.cache_clear()
    opened(app)
    assert "Encore rien ici" in run_in_french(app)
    keep(12, writer="Ada")
    assert "de la main de Ada" in run_in_french(app)
