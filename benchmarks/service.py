"""The page beside training: how soon a new version reads, and what a run costs who draws.

``python -m benchmarks.service``: a real Chromium, and a models folder of its own.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import web
from benchmarks.tables import table
from digitrec import jobs
from digitrec.recipes import Plan
from digitrec.runtime import REPORT
from digitrec.settings import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHANGES = 10  # versions put in service
ANSWERS = 15  # timed in each stretch: idle, busy, idle
SURE = 4.0  # a temperature that shows: the other version is less sure of the same drawing
HEAD = ("measured", "figure", "asked for")

# Notes when the button is pressed, in unix milliseconds.
PRESSED = """
() => window.addEventListener("pointerdown", (event) => {
  if (event.target.closest("button")) window.pressed = Date.now();
}, true)
"""
# Notes when the cards of the digits say something else, as they do when another version read them.
WATCH = """
() => {
  const cards = () => document.querySelector(".st-key-digits")?.innerText ?? "";
  let before = cards();
  new MutationObserver(() => {
    const now = cards();
    if (now === "" || now === before) return;
    before = now;
    window.changed = Date.now();
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""


def main() -> str:
    """Measure, and return the table as markdown."""
    if web.sync_api is None or web.CHROMIUM is None:
        return "Not measured: needs Chromium and `playwright`."
    with (
        _versions() as models,
        web.sync_api.sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=web.CHROMIUM, args=list(web.QUIET)) as browser,
        web.serve("streamlit", DIGITREC_MODELS=str(models)) as server,
    ):
        rows = [*_in_service(browser, server), *_beside_a_run(browser, server, models)]
    return table(HEAD, rows)


@contextlib.contextmanager
def _versions() -> Iterator[Path]:
    """A models folder with the shipped version and one that is less sure."""
    with tempfile.TemporaryDirectory() as name:
        models = Path(name)
        for version in ("default", "other"):
            shutil.copytree(settings().models / "default", models / version)
        path = models / "other" / REPORT
        report = json.loads(path.read_text())
        report["calibration"]["temperature"] *= SURE
        path.write_text(json.dumps(report))
        yield models


def _in_service(browser: Browser, server: web.Server) -> list[tuple[str, str, str]]:
    """From *Put in service* in one session to the reading by that version in another's page."""
    reader = web.open_page(browser, server)
    web.settle(reader)
    web.draw(reader)
    reader.locator(".st-key-digits").wait_for()
    web.settle(reader)
    reader.evaluate(WATCH)
    keeper = browser.new_page()
    keeper.set_default_timeout(1000 * web.WAIT)
    keeper.goto(f"{server.url}/models")
    keeper.locator(".st-key-models-table").wait_for()
    keeper.evaluate(PRESSED)
    waited = []
    for change in range(CHANGES):
        reader.evaluate("window.changed = null")
        version = "default" if change % 2 else "other"
        keeper.locator(f".st-key-serve-{version} button").click()
        reader.wait_for_function("window.changed")
        waited.append(reader.evaluate("window.changed") - keeper.evaluate("window.pressed"))
        web.settle(keeper)
    reader.close()
    keeper.close()
    return [
        (
            "*Put in service* to the new version's reading in another session, median",
            f"{median(waited):.0f} ms",
            "",
        ),
        ("… the longest of ten", f"{max(waited):.0f} ms", "2000 ms"),
    ]


def _beside_a_run(browser: Browser, server: web.Server, models: Path) -> list[tuple[str, str, str]]:
    """Pen up to answer before, during and after a cross-validation on the same page."""
    page = web.open_page(browser, server)
    page.evaluate(web.STOPWATCH)
    web.pen_up_to_answer(page)
    idle = _answers(page)
    run = jobs.start(Plan.of("compact", "quick", folds=5), models)
    _until(lambda: jobs.snapshot(run, models).progress > 0)
    busy = _answers(page)
    assert jobs.snapshot(run, models).under_way
    jobs.cancel(run, models)
    _until(lambda: jobs.current(models) is None)
    idle += _answers(page)
    page.close()
    return [
        ("pen up to answer, idle", f"{median(idle):.0f} ms", ""),
        ("… while a run is under way", f"{median(busy):.0f} ms", ""),
        ("… ratio of the medians", f"{median(busy) / median(idle):.2f}", ""),
    ]


def _answers(page: Page) -> list[float]:
    return [web.pen_up_to_answer(page) for _ in range(ANSWERS)]


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.2)


if __name__ == "__main__":
    print(main())
