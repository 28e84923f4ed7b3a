"""Digits as a hand writes them: strokes in a unit square, y downwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from math import cos, radians, sin

from layout import AT_REST
from playwright.sync_api import Locator, Page

Stroke = list[tuple[float, float]]
Box = tuple[float, float, float, float]  # x, y, width, height in pixels of the canvas


def _arc(centre: tuple[float, float], rx: float, ry: float, start: int, end: int) -> Stroke:
    """Part of an ellipse; 0 degrees is at three o'clock and 90 at six."""
    step = 15 if end > start else -15
    angles = [radians(angle) for angle in range(start, end + step, step)]
    return [(centre[0] + rx * cos(angle), centre[1] + ry * sin(angle)) for angle in angles]


DIGITS: dict[str, list[Stroke]] = {
    "0": [_arc((0.5, 0.5), 0.36, 0.5, -90, -450)],
    "1": [[(0.3, 0.2), (0.52, 0.0), (0.5, 1.0)]],
    "2": [[*_arc((0.48, 0.28), 0.36, 0.28, -165, 45), (0.12, 0.98), (0.92, 0.97)]],
    "3": [[*_arc((0.42, 0.26), 0.36, 0.26, -140, 90), *_arc((0.42, 0.75), 0.42, 0.25, -80, 140)]],
    "4": [[(0.55, 0.0), (0.1, 0.62), (0.95, 0.6)], [(0.7, 0.3), (0.64, 1.0)]],
    "7": [[(0.08, 0.06), (0.92, 0.03), (0.62, 0.45), (0.4, 1.0)]],
}
SCRIBBLE: Stroke = [
    point
    for turn in range(9)
    for point in ((0.1 * turn, 0.1 + 0.05 * (turn % 3)), (0.1 * turn + 0.06, 0.95))
]


def drawable(page: Page) -> None:
    """Wait until the canvas has found its width: finding it mid-stroke would cut it short."""
    canvas(page).wait_for()
    page.wait_for_function(f"""() => {{
        const stage = document.querySelector(".st-key-draw");
        const hosts = [...stage.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
        const canvas = hosts.map((host) => host.shadowRoot?.querySelector(".upper-canvas"));
        return ({AT_REST})() && canvas.some((one) => one?.width === stage.clientWidth);
    }}""")


def write(page: Page, number: str, x: float = 50, y: float = 60, height: float = 160) -> None:
    """Write a number on the canvas with the mouse, well apart."""
    for place, digit in enumerate(number):
        for stroke in DIGITS[digit]:
            draw(page, stroke, (x + place * height, y, height / 2, height))


def draw(page: Page, stroke: Stroke, box: Box) -> None:
    """Draw one stroke, whose unit square fills a box of the canvas, with the mouse."""
    points = _on_page(page, stroke, box)
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=2)
    page.mouse.up()


def touch(page: Page, stroke: Stroke, box: Box) -> None:
    """The same with a finger."""
    points = _on_page(page, stroke, box)
    finger = page.context.new_cdp_session(page)

    def dispatch(kind: str, *at: tuple[float, float]) -> None:
        places = [{"x": px, "y": py} for px, py in at]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    dispatch("touchStart", points[0])
    for (ax, ay), (bx, by) in pairwise(points):
        for part in (0.25, 0.5, 0.75, 1.0):
            dispatch("touchMove", (ax + (bx - ax) * part, ay + (by - ay) * part))
    dispatch("touchEnd")


@contextmanager
def settled(page: Page) -> Iterator[None]:
    """Wait for the run that the block causes: a change that came mid-stroke would cut it short."""
    page.evaluate("""() => {
        const app = document.querySelector(".stApp");
        window.ran = new Promise((done) => {
            let running = false;
            new MutationObserver(() => {
                if (app.dataset.testScriptState === "running") running = true;
                else if (running) requestAnimationFrame(done);
            }).observe(app, {attributes: true});
        });
    }""")
    yield
    page.evaluate("window.ran")


def canvas(page: Page) -> Locator:
    return page.locator(".st-key-draw canvas.upper-canvas")


def _on_page(page: Page, stroke: Stroke, box: Box) -> Stroke:
    paper = canvas(page).bounding_box()
    assert paper is not None
    x, y, width, height = box
    return [(paper["x"] + x + px * width, paper["y"] + y + py * height) for px, py in stroke]
