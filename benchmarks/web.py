"""The page in a real Chromium: how soon it is there, how soon it answers, what it keeps."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.pages import photograph
from digitrec.settings import ROOT

try:
    from playwright import sync_api
except ImportError:  # it comes with the test requirements only
    sync_api = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT = 180  # seconds for anything on the page: the machine may be busy
PAIRS = 60  # answers timed on each page
UPLOADS = 20
# What was drawn before is not read again: two pages in turn never draw in one place twice running.
PLACES = itertools.cycle((0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6))
SEVEN = ((0.0, 0.0), (0.7, 0.0), (0.3, 1.0))  # a stroke in a unit square, y down

# Notes when the pen goes up and when the next frame shows another, non-empty answer.
STOPWATCH = """
() => {
  const answer = () => document.querySelector(".st-key-answer")?.innerText.trim() ?? "";
  let before = null, up = null;
  window.addEventListener("pointerup", () => {
    [before, up, window.waited] = [answer(), performance.now(), null];
  }, true);
  new MutationObserver(() => {
    const now = answer();
    if (up === null || now === "" || now === before) return;
    const start = up;
    up = null;
    requestAnimationFrame(() => { window.waited = performance.now() - start; });
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""

# The same for the layers on the page Inside: until what the last one makes of the digit changes.
# They are drawn in a shadow root, which no observer sees into, so each frame looks.
LAYERS_STOPWATCH = """
() => {
  const layers = () => [...document.querySelectorAll(".st-key-flow-section *")]
    .map((node) => node.shadowRoot?.querySelector(".evidence")?.innerText ?? "").join("");
  window.addEventListener("pointerup", () => {
    const [before, up] = [layers(), performance.now()];
    window.drawn = null;
    const look = () => {
      if (layers() === before) requestAnimationFrame(look);
      else window.drawn = performance.now() - up;
    };
    requestAnimationFrame(look);
  }, true);
}
"""


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    healthy_after: float  # seconds from the start of the process
    started: float  # time.perf_counter()

    def resident(self) -> float:
        """Megabytes of memory that the server's process holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / 1e6


@contextlib.contextmanager
def serve(module: str, **environment: str) -> Iterator[Server]:
    """Run the app with `python -m module run app.py` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "--server.port": str(port),
        "--server.address": "127.0.0.1",
        "--server.headless": "true",
        "--server.fileWatcherType": "none",
    }
    command = [sys.executable, "-m", module, "run", "app.py"]
    command += [word for option in options.items() for word in option]
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _await_health(f"{url}/_stcore/health", process)
        yield Server(url, process.pid, time.perf_counter() - started, started)
    finally:
        process.terminate()
        process.wait()


def _await_health(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.perf_counter() + WAIT
    while time.perf_counter() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.01)
    raise RuntimeError("The app did not start: run `streamlit run app.py` to see why.")


def rows() -> list[tuple[str, str]]:
    """The lines of the table: what was measured, and the figure."""
    if sync_api is None or CHROMIUM is None:
        return [("the page", "not measured: needs Chromium and `playwright`")]
    with (
        sync_api.sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET)) as browser,
    ):
        return [*_start(browser), *_answer(browser), *_inside(browser), *_memory(browser)]


def open_page(browser: Browser, server: Server, path: str = "") -> Page:
    """The page Read, or that of a path, with a canvas that can be drawn on."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * WAIT)
    page.goto(server.url + path)
    page.locator(".st-key-draw canvas").last.wait_for()
    return page


def _start(browser: Browser) -> list[tuple[str, str]]:
    healthy, usable = [], []
    for _ in range(3):
        with serve("streamlit") as server:
            page = open_page(browser, server)
            usable.append(time.perf_counter() - server.started)
            healthy.append(server.healthy_after)
            page.close()
    return [
        ("app start to healthy", f"{median(healthy):.2f} s"),
        ("app start to a canvas that can be drawn on, in Chromium", f"{median(usable):.2f} s"),
    ]


def _answer(browser: Browser) -> list[tuple[str, str]]:
    """Both pages in turn, A B A B, so that whatever else the machine does meets both alike."""
    with serve("streamlit") as real, serve("benchmarks.constant") as constant:
        pages = [open_page(browser, real), open_page(browser, constant)]
        waits: list[list[float]] = [[], []]
        for page in pages:
            page.evaluate(STOPWATCH)
            pen_up_to_answer(page)
        for _ in range(PAIRS):
            for page, waited in zip(pages, waits, strict=True):
                page.bring_to_front()
                waited.append(pen_up_to_answer(page))
        for page in pages:
            page.close()
    ours, floor = (median(waited) for waited in waits)
    return [
        ("pen up to answer on the page", f"{ours:.0f} ms"),
        ("… the same page, reading replaced by a constant", f"{floor:.0f} ms"),
        ("… ratio of the medians", f"{ours / floor:.2f}"),
    ]


def _inside(browser: Browser) -> list[tuple[str, str]]:
    """The page Inside against the page Read, in turn, on one server."""
    with serve("streamlit") as server:
        plain, inside = open_page(browser, server), open_page(browser, server, "/inside")
        inside.locator(".st-key-reasons").wait_for()
        inside.evaluate(LAYERS_STOPWATCH)
        answered: list[list[float]] = [[], []]
        drawn = []
        for page in (plain, inside):
            page.evaluate(STOPWATCH)
            pen_up_to_answer(page)
        for _ in range(PAIRS):
            for page, waited in zip((plain, inside), answered, strict=True):
                page.bring_to_front()
                waited.append(pen_up_to_answer(page))
            inside.wait_for_function("window.drawn !== null")
            drawn.append(float(inside.evaluate("window.drawn")))
        for page in (plain, inside):
            page.close()
    floor, ours = (median(waited) for waited in answered)
    return [
        ("pen up to answer on Inside, ratio to the page Read", f"{ours / floor:.2f}"),
        ("… to every layer drawn", f"{median(drawn) / floor:.2f}"),
    ]


def pen_up_to_answer(page: Page) -> float:
    """Milliseconds, on a canvas cleared before; the page has the `STOPWATCH`."""
    clear = page.locator(".st-key-draw").get_by_role("button", name="Clear")
    if clear.is_enabled():
        clear.click()
    settle(page)
    draw(page, next(PLACES))
    page.wait_for_function("window.waited !== null && window.waited !== undefined")
    waited: float = page.evaluate("window.waited")
    settle(page)
    return waited


def draw(page: Page, at: float = 0.45) -> None:
    """Draw a 7 with the mouse, its left edge at this share of the canvas's width."""
    box = page.locator(".st-key-draw canvas").last.bounding_box()
    assert box
    side = 0.6 * box["height"]
    left, top = box["x"] + at * box["width"], box["y"] + 0.2 * box["height"]
    corners = [(left + side * x, top + side * y) for x, y in SEVEN]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()


def settle(page: Page) -> None:
    """Wait until no script run is on its way for a moment."""
    quiet = "!document.querySelector('[data-testid=stApp][data-test-script-state=running]')"
    for _ in range(3):
        page.wait_for_timeout(100)
        page.wait_for_function(quiet)


def _memory(browser: Browser) -> list[tuple[str, str]]:
    """Resident memory of the server's process after so many readings of new drawings."""
    found = []
    with serve("streamlit") as server:
        page = open_page(browser, server)
        page.evaluate(STOPWATCH)
        settle(page)
        done = 0
        for count in (0, 10, 100, 200):
            for _ in range(done, count):
                pen_up_to_answer(page)
            done = count
            found.append((f"web process after {count} readings", server.resident()))
        page.close()
        _upload(browser, server)
        found.append((f"… and {UPLOADS} visits with a 12-megapixel photo", server.resident()))
    return [(name, f"{megabytes:.0f} MB") for name, megabytes in found]


def _upload(browser: Browser, server: Server) -> None:
    """Photos one after another, each in a session of its own."""
    photo = photograph(12, 1, 1)
    for number in range(UPLOADS):
        page = browser.new_page()
        page.set_default_timeout(1000 * WAIT)
        page.goto(f"{server.url}/?input=Upload")
        # Bytes after the end of a JPEG change nothing but its name in the page's cache.
        file: FilePayload = {
            "name": "photo.jpg",
            "mimeType": "image/jpeg",
            "buffer": photo + bytes([number]),
        }
        page.locator(".st-key-upload input[type=file]").set_input_files(file)
        page.wait_for_function("document.querySelector('.st-key-answer')?.innerText.trim()")
        page.close()
