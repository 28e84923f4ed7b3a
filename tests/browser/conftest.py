"""The real page in a real Chromium: started once, each test in a fresh window."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)

from benchmarks import synthetic

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))  # for pen.py and layout.py
PATIENCE = 60_000  # milliseconds: the machine may be training a network beside this
# The canvas's library, fabric.js, may on rare occasions redraw a canvas that it has just let go of
# (its issue 8071), or let go of it twice: the drawing is on the next one all the same, which the
# tests look at.
LET_GO = (
    "Cannot read properties of undefined (reading 'clearRect')",
    "Cannot set properties of undefined (setting 'ctx')",
)
# A download's button asks for its file once, unseen; the next stroke may have replaced it by then.
REPLACED = "Download Button source error - 404"
expect.set_options(timeout=PATIENCE)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# The first two are pages of Chromium's own that each window would load beside the app's, for a
# third of the time that takes. The others are of Playwright's list, of which this takes the place.
FEATURES = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades"),
    *("LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    f"--disable-features={','.join(FEATURES)}",
)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a port of its own."""
    with _running(tmp_path_factory.mktemp("app") / "log") as address:
        yield address


@pytest.fixture(scope="session")
def running() -> Callable[..., AbstractContextManager[str]]:
    """Another app for as long as a `with` lasts: takes its log file and environment variables."""
    return _running


@contextmanager
def _running(log: Path, **environment: str) -> Iterator[str]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "logger.enableRich": "false",
        "server.port": port,
        "server.headless": "true",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--{option}={value}" for option, value in options.items()]
    surroundings = {**os.environ, **environment}
    with log.open("wb") as output:
        app = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=output, stderr=output)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(f"{address}/_stcore/health", app)
        yield address
    finally:
        app.terminate()
        app.wait(20)
    said = log.read_text()
    assert "Uncaught app execution" not in said, said


def _wait_until_healthy(address: str, app: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert app.poll() is None, "the app ended before it was ready"
            assert time.monotonic() < deadline, "the app was not ready within a minute"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def chromium(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera looks at a sheet of paper with 42 on it."""
    film = tmp_path_factory.mktemp("camera") / "sheet.mjpeg"
    frame = Image.new("RGB", (640, 480), synthetic.PAPERS["white"][0])
    paper = Image.fromarray(synthetic.sheet("42", 3, shadow=0, height=140).pixels)
    frame.paste(paper, ((640 - paper.width) // 2, (480 - paper.height) // 2))
    jpeg = io.BytesIO()
    frame.save(jpeg, "JPEG", quality=92)
    film.write_bytes(jpeg.getvalue())
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *camera])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page, whole; `path` and Playwright's context options may be given.

    At the end nothing may have been asked of another machine, and no error be in the console.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(said: ConsoleMessage) -> None:
        # On a page below the root Streamlit's script looks for its server there first. A picture
        # that is missing is complained of a second time, by Streamlit itself.
        address = said.location.get("url", "")
        silent = "/_stcore/" in address or "/media/" in address or REPLACED in said.text
        if said.type == "error" and not silent:
            complaints.append(f"{said.text} {address}")

    def fail(error: Error) -> None:
        if not any(known in str(error) for known in LET_GO):
            complaints.append(str(error))

    from layout import rest  # beside this file, which is on the path by now

    def open_page(path: str = "/", **options: object) -> Page:
        size = {"width": 1280, "height": 900}
        context = chromium.new_context(**{"viewport": size, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", fail)
        page.on("console", complain)
        page.on(
            "request",
            lambda request: (
                complaints.append(f"asked for {request.url}")
                if not request.url.startswith((url, url.replace("http", "ws"), "data:", "blob:"))
                else None
            ),
        )
        page.goto(url + path)
        page.locator(".st-key-page").wait_for()
        rest(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(window: Callable[..., Page]) -> Page:
    """The page with a canvas that has found its width: finding it mid-stroke would cut it short."""
    from pen import drawable  # beside this file, which is on the path by now

    page = window()
    drawable(page)
    return page
