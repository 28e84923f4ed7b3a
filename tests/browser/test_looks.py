"""Phone and desktop, light and dark, keyboard and screen reader."""

from __future__ import annotations

import socket
import urllib.parse
from collections.abc import Callable

import pytest
from layout import PHONE, fits
from pen import canvas, write
from playwright.sync_api import Page, expect

BUTTONS = ("Undo", "Clear", "Copy", "JSON")
BRIGHTNESS = """node => {
    const [r, g, b] = getComputedStyle(node).backgroundColor.match(/[0-9.]+/g).map(Number);
    return (r + g + b) / 765;
}"""


@pytest.mark.parametrize("where", ["Draw", "Upload", "Camera"])
def test_nothing_is_wider_than_a_phone(window: Callable[..., Page], where: str) -> None:
    page = window(f"/?input={where}", **PHONE)
    expect(page.locator(f".st-key-{where.lower()}")).to_be_visible()
    if where == "Upload":
        page.locator(".st-key-samples button").last.click()
        expect(page.locator(".picture")).to_be_visible()
    fits(page)


@pytest.mark.parametrize(("scheme", "bright"), [("light", True), ("dark", False)])
def test_both_themes_keep_white_paper(
    window: Callable[..., Page], scheme: str, bright: bool
) -> None:
    page = window(color_scheme=scheme)
    assert (page.locator(".stApp").evaluate(BRIGHTNESS) > 0.5) is bright
    write(page, "7")
    expect(page.locator(".st-key-answer")).to_have_text("7")
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    write(page, "2", x=210)
    expect(page.locator(".st-key-answer")).to_have_text("72")


def test_the_keyboard_reaches_everything(page: Page) -> None:
    write(page, "7")
    expect(page.locator(".st-key-answer")).to_have_text("7")
    # Streamlit fetches a kind of widget when it first shows one, after what stands beside it.
    for name in BUTTONS:
        expect(page.get_by_role("button", name=name)).to_be_enabled()
    page.get_by_role("radio", name="Draw").focus()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("""() => {
                let node = document.activeElement;
                while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                return node.innerText ?? "";
            }""")
        )
    words = " ".join(reached)
    assert all(name in words for name in BUTTONS)
    assert canvas(page).get_attribute("aria-label")


def test_a_link_with_the_focus_has_a_ring(page: Page) -> None:
    page.get_by_role("link", name="Train").focus()
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Models")
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")


@pytest.mark.parametrize(("path", "width"), [("/", 820), ("/course?chapter=3", 1280)])
def test_the_tools_stand_in_one_row(window: Callable[..., Page], path: str, width: int) -> None:
    page = window(path, viewport={"width": width, "height": 900})
    expect(page.get_by_role("button", name="Clear")).to_be_visible()
    buttons = page.locator(".st-key-tools").locator("[role=radio], .stButton button")
    expect(buttons).to_have_count(5)
    boxes = buttons.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => `${box.top} ${box.height}`)"
    )
    assert len(set(boxes)) == 1, boxes


def test_no_heading_is_a_link(window: Callable[..., Page]) -> None:
    page = window("/models")
    heading = page.get_by_role("heading", name="default", exact=True)
    heading.hover()
    expect(heading.get_by_test_id("stHeaderActionElements")).to_be_hidden()


def test_the_charts_of_a_report_draw_no_warning(window: Callable[..., Page], url: str) -> None:
    page = window()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{url}/train?version=default")
    charts = page.locator(".st-key-train-report .vega-embed :is(canvas, svg)")
    expect(charts.nth(2)).to_be_visible()
    expect(page.get_by_role("heading", name="default", exact=True)).to_be_in_viewport()
    assert not [text for text in said if "WARN" in text]


def test_every_picture_says_what_it_is(window: Callable[..., Page]) -> None:
    page = window("/?input=Upload")
    page.locator(".st-key-samples button").first.click()
    expect(page.locator(".st-key-digits img")).to_have_count(1)
    images = page.locator("img:visible").all()
    assert len(images) > 7
    for image in images:
        assert image.get_attribute("alt")


def test_the_app_is_not_to_be_reached_from_the_network(url: str) -> None:
    port = urllib.parse.urlsplit(url).port
    for host, listens in (("127.0.0.1", True), ("127.0.0.2", False)):  # both are this computer
        with socket.socket() as visitor:
            visitor.settimeout(10)
            assert (visitor.connect_ex((host, port)) == 0) is listens
