"""What keeps its place, fits a narrow page, and is said in the page's language."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from layout import rest
from pen import canvas, drawable, write
from playwright.sync_api import Page, expect

from digitrec import runs
from digitrec.recipes import Plan
from digitrec.settings import ROOT

RUN = "20261123-100000-abcd"
NARROW = {"has_touch": True, "is_mobile": True}
# The rows that the choices of each group stand in, the height of a row, and how far right they go.
ROWS = """groups => groups.filter(one => one.checkVisibility()).map(group => {
    const boxes = [...group.children].map(one => one.getBoundingClientRect());
    return [boxes.length, new Set(boxes.map(box => box.top)).size,
        Math.max(...boxes.map(box => box.right))];
})"""


@pytest.fixture(scope="session")
def url(
    tmp_path_factory: pytest.TempPathFactory,
    running: Callable[..., AbstractContextManager[str]],
) -> Iterator[str]:
    """An app whose version `mine` was made by a run of two folds; its address."""
    models = tmp_path_factory.mktemp("models")
    for name in ("default", "mine"):
        shutil.copytree(ROOT / "models" / "default", models / name)
    file = models / "mine" / "report.json"
    history = {
        name: [0.5, 0.4] for name in ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
    }
    fold = {"accuracy": 0.98, "loss": 0.1, "seconds": 4.0, "history": history}
    groups = [{"confidence": 0.6, "accuracy": 0.7, "count": 9}]
    report = json.loads(file.read_text()) | {
        "run": RUN,
        "folds": [fold, {**fold, "accuracy": 0.97}],
        "mean": 0.975,
        "std": 0.005,
        "interval": [0.91, 1.0],
        "history": history,
        "calibration": {
            "temperature": 0.8,
            "ece_before": 0.05,
            "ece_after": 0.01,
            "reliability": {"before": groups, "after": groups},
        },
    }
    file.write_text(json.dumps(report))
    folder = models / ".runs" / RUN
    folder.mkdir(parents=True)
    plan = Plan.of("compact", "quick", folds=2, epochs=4, images=600)
    (folder / "plan.json").write_text(json.dumps(plan.to_dict()))
    runs.write_event(folder, "started", resumed=0)
    runs.write_event(folder, "done", version="mine")
    with running(tmp_path_factory.mktemp("app") / "log", DIGITREC_MODELS=str(models)) as address:
        yield address


def fix_boxes(page: Page) -> None:
    """Write 72, and say with the keyboard that it is 724: its boxes are to be drawn."""
    drawable(page)
    write(page, "72", x=30, height=120)
    expect(page.locator(".st-key-answer")).to_have_text("72")
    page.get_by_role("button", name="Wrong").press("Enter")
    field = page.get_by_role("textbox", name="What does it say?")
    expect(field).to_be_focused()
    field.fill("724")
    field.press("Enter")
    expect(page.locator(".st-key-boxes canvas.upper-canvas")).to_be_visible()


def test_the_keyboard_keeps_its_place_where_boxes_are_drawn(page: Page) -> None:
    fix_boxes(page)
    told, leave = page.locator(".st-key-told"), page.get_by_role("button", name="Leave it")
    expect(told).to_have_role("status")
    expect(told).to_contain_text("2 digits were found, and you typed 724.")
    expect(leave).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Start again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Draw a box round the 7 (1 of 3).")
    expect(page.locator(".st-key-boxes-1 .dc-toolbar")).to_be_hidden()  # the keyboard goes past it
    page.keyboard.press("Tab")
    expect(leave).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Right")).to_be_focused()


def test_there_is_one_paper_while_boxes_are_drawn(window: Callable[..., Page]) -> None:
    page = window(viewport={"width": 390, "height": 844}, **NARROW)
    fix_boxes(page)
    expect(canvas(page)).to_be_hidden()
    expect(page.locator(".st-key-boxes")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Leave it")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Leave it").tap()
    expect(canvas(page)).to_be_visible()
    expect(page.locator(".st-key-answer")).to_have_text("72")


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_choices_fit_a_narrow_page(window: Callable[..., Page], url: str, locale: str) -> None:
    page = window(locale=locale, viewport={"width": 320, "height": 844}, **NARROW)
    for path, most in (("/", 1), ("/inside", 1), ("/course?chapter=2", 2)):
        page.goto(url + path)
        groups = page.locator(".st-key-page [role=radiogroup]")
        expect(groups.last).to_be_visible()
        if path == "/inside":
            expect(page.locator(".st-key-reasons [role=radiogroup]")).to_be_visible()
        rest(page)
        for choices, rows, right in groups.evaluate_all(ROWS):
            assert rows <= (most if choices < 9 else 2), (path, choices)
            assert right <= 304, (path, choices)
    # In two rows they stand apart, each with all its sides.
    chapters = page.locator(".st-key-chapter [role=radio]")
    expect(chapters.first).to_have_css("border-right-style", "solid")
    radii = chapters.evaluate_all("all => all.map(one => getComputedStyle(one).borderRadius)")
    assert len(set(radii)) == 1


def test_a_report_comes_into_sight_each_time(window: Callable[..., Page]) -> None:
    page = window("/train")
    history, name = page.locator(".st-key-train-history"), page.get_by_text("Report of the version")
    history.get_by_text("Earlier runs").click()
    button = history.get_by_role("button", name="Report")
    for _ in range(2):
        button.scroll_into_view_if_needed()
        page.locator(".st-key-train-form").scroll_into_view_if_needed()
        button.click()
        expect(name).to_be_in_viewport()
        expect(page.locator(".st-key-report h3")).to_be_focused()
        page.wait_for_function("""() => {
            const top = document.querySelector(".st-key-report").getBoundingClientRect().top;
            return 0 < top && top < 100;
        }""")


def test_charts_are_read_out_in_the_page_s_language(window: Callable[..., Page]) -> None:
    page = window("/train?version=mine", locale="fr-FR")
    parts = page.locator(".st-key-train-report .vega-embed g[aria-label]")
    expect(parts).to_have_count(10)  # four charts, of which the box plot has one axis and no key
    said = parts.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    curves = ("Pli 1, Pli 2, Toutes les images", "Époque")
    assert all(said.count(words) == 2 for words in curves)
    points = page.locator(".st-key-train-report .vega-embed path[aria-label]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )
    assert "Époque: 1; Exactitude: 50,0 %; Ajustement: Pli 1; Images: apprises" in {
        " ".join(words.split()) for words in points
    }
    tools = page.locator(".st-key-train-report").get_by_role("button", include_hidden=True)
    said += tools.evaluate_all("all => all.map(one => one.getAttribute('aria-label') ?? '')")
    english = ("titled", "values", "Max of", "upper_box", "images:", "when:", "spec:")
    assert not [words for words in said + points if any(one in words for one in english)]


@pytest.mark.parametrize("path", ["/?lang=fr", "/inside?lang=fr&test=3"])
def test_switching_the_language_adds_no_step(
    window: Callable[..., Page], url: str, path: str
) -> None:
    page = window(path)
    before = page.evaluate("history.length")
    page.get_by_role("radio", name="English").click()
    page.wait_for_url(url + path.replace("lang=fr", "").replace("?&", "?").rstrip("?"))
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("history.length") == before
    page.go_back()
    page.wait_for_url("about:blank")
