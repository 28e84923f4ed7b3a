"""Training and versions in a real browser: a tiny network is trained from the page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from layout import PHONE, fits, rest
from pen import drawable, write
from playwright.sync_api import Page, expect

from digitrec.settings import ROOT

TRAINED = 240_000  # milliseconds: two tiny folds and a fit, beside whatever else the machine does


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder of its own, with a version to tidy away."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("default", "spare"):
        shutil.copytree(ROOT / "models" / "default", folder / name)
    return folder


@pytest.fixture(scope="session")
def url(
    models: Path,
    tmp_path_factory: pytest.TempPathFactory,
    running: Callable[..., AbstractContextManager[str]],
) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("train") / "log", DIGITREC_MODELS=str(models)) as address:
        yield address


def start(page: Page, name: str) -> None:
    """Start a run of two folds, one epoch and 200 images."""
    form = page.locator(".st-key-train-form")
    for label, value in (("Images", "200"), ("Epochs", "1")):
        box = form.get_by_label(label, exact=True)
        box.fill(value)
        box.press("Enter")
    form.get_by_role("combobox", name="Folds").click()
    page.get_by_role("option", name="2", exact=True).click()
    form.get_by_text("More settings").click()
    box = form.get_by_role("textbox", name="Name of the version")
    box.fill(name)
    box.press("Enter")
    form.get_by_role("button", name="Start training").press("Enter")
    expect(page.locator(".st-key-train-progress")).to_be_visible()


def serving(page: Page, name: str) -> None:
    expect(page.get_by_test_id("stSidebar")).to_contain_text(f"Model in service: {name}")


@pytest.mark.timeout(600)
def test_a_run_from_start_to_service_and_back(window: Callable[..., Page], tmp_path: Path) -> None:
    reader, page = window(), window("/train")
    drawable(reader)
    write(reader, "7")
    expect(reader.locator(".st-key-answer")).to_have_text("7")
    serving(reader, "default")

    start(page, "tiny")
    progress = page.locator(".st-key-train-progress")
    for part in ("Fold 1", "Fold 2", "All images"):
        expect(progress).to_contain_text(part)
    expect(reader.locator(".st-key-run-status")).to_contain_text("Training compact, quick")
    page.reload()
    expect(progress).to_contain_text("Fold 1")
    expect(page.locator(".st-key-train-form")).to_have_count(0)

    report = page.locator(".st-key-train-report")
    expect(report).to_contain_text("Accuracy: mean=", timeout=TRAINED)
    expect(progress).to_contain_text("Done in")
    expect(progress).to_contain_text("Worse than default, and hardly by chance")
    expect(reader.locator(".st-key-run-status")).to_have_count(0)
    for part in ("95 % interval", "Confusion matrix", "Calibration", "most confident mistakes"):
        expect(report).to_contain_text(part)
    for label in ("Report (HTML)", "Report (JSON)", "model.tflite", "SVG"):
        with page.expect_download() as download:
            report.get_by_role("button", name=label).first.click()
        download.value.save_as(tmp_path / label)
    assert json.loads((tmp_path / "Report (JSON)").read_text())["settings"]["folds"] == 2
    assert "<svg" in (tmp_path / "SVG").read_text()

    report.get_by_role("button", name="Put in service").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Worse than default, and hardly by chance")
    dialog.get_by_role("button", name="Put in service").click()
    serving(reader, "tiny")
    write(reader, "2", x=210)
    expect(reader.locator(".st-key-tools button").last).to_be_enabled()
    page.get_by_role("link", name="Models").click()
    table = page.locator(".st-key-models-table")
    expect(table.locator(".st-key-version-tiny")).to_contain_text("In service")
    page.get_by_role("button", name="Roll back").click()
    serving(page, "default")
    serving(reader, "default")
    expect(reader.locator(".st-key-answer")).to_have_text("72")


def test_a_run_is_cancelled(window: Callable[..., Page]) -> None:
    page = window("/train")
    start(page, "never")
    progress = page.locator(".st-key-train-progress")
    cancel = progress.get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    cancel.press("Enter")
    expect(progress).to_contain_text("was cancelled")
    expect(page.locator(".st-key-train-form")).to_be_visible()
    expect(page.locator(".st-key-run-status")).to_have_count(0)
    dismiss = progress.get_by_role("button", name="Dismiss")
    expect(dismiss).to_be_focused()
    dismiss.press("Enter")
    expect(progress).to_have_count(0)
    expect(page.get_by_role("radio", name="Compact, quick")).to_be_focused()
    earlier = page.locator(".st-key-train-history")
    earlier.get_by_text("Earlier runs").click()
    earlier.get_by_role("button", name="Log").first.click()
    log = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    expect(log).to_contain_text("Cancelled.")


def test_a_version_is_renamed_noted_and_deleted_with_the_keyboard(
    window: Callable[..., Page], models: Path
) -> None:
    page = window("/models")
    card = page.locator(".st-key-version-spare")
    dialog = page.get_by_role("dialog")
    card.get_by_role("button", name="Rename").press("Enter")
    name = dialog.get_by_role("textbox", name="New name")
    expect(name).to_be_focused()
    name.fill("in a folder/")
    name.press("Enter")
    expect(dialog).to_contain_text("A version's name is made of letters")
    name.fill("other")
    name.press("Enter")
    card = page.locator(".st-key-version-other")
    expect(card).to_be_visible()
    rest(page)
    card.get_by_role("button", name="Note").press("Enter")
    dialog.get_by_role("textbox", name="Note").fill("for *slanted* hands")
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(card).to_contain_text("for *slanted* hands")
    expect(card.get_by_role("button", name="Note")).to_be_focused()
    with page.expect_download():
        card.get_by_role("button", name="model.tflite").press("Enter")
    expect(card.get_by_role("button", name="model.tflite")).to_be_focused()
    delete = card.get_by_role("button", name="Delete")
    delete.press("Enter")
    dialog.get_by_role("button", name="Keep it").press("Enter")
    expect(delete).to_be_focused()
    delete.press("Enter")
    dialog.get_by_role("button", name="Delete").press("Enter")
    expect(card).to_have_count(0)
    expect(page.locator(".st-key-models-table :focus")).to_be_visible()
    assert not (models / "other").exists()
    report = page.locator(".st-key-version-default").get_by_role("link", name="Report")
    report.press("Enter")
    expect(page.get_by_role("heading", name="default", exact=True)).to_be_focused()


@pytest.mark.parametrize("path", ["/train?version=default", "/models"])
def test_the_pages_fit_a_phone(window: Callable[..., Page], path: str) -> None:
    page = window(path, **PHONE)
    key = "train-report" if "train" in path else "models-table"
    expect(page.locator(f".st-key-{key}")).to_be_visible()
    fits(page)


def test_the_keyboard_chooses_and_starts(window: Callable[..., Page]) -> None:
    page = window("/train")
    page.get_by_role("radio", name="Compact, quick").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Compact, thorough")).to_be_checked()
    rest(page)
    reached = ""
    for _ in range(40):
        page.keyboard.press("Tab")
        reached += page.evaluate("document.activeElement.innerText ?? ''")
        if "Start training" in reached:
            break
    assert "More settings" in reached
    assert "Start training" in reached
