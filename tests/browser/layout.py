"""When a page has been drawn, and whether it fits."""

from __future__ import annotations

from playwright.sync_api import Page

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# All elements are there, and all letters as wide as they will be.
AT_REST = """() => document.querySelector(".stApp").dataset.testScriptState === "notRunning"
    && document.fonts.status === "loaded"
"""
# Once they are all laid out: one that is about to come has no width yet.
WITHIN = """() => {
    const seen = [...document.querySelectorAll(".st-key-page button")].filter(
        one => one.checkVisibility()
    );
    return seen.length && seen.map(one => one.getBoundingClientRect()).every(
        ({ left, right }) => 0 <= left && left < right && right <= 390
    );
}"""


def rest(page: Page) -> None:
    """Wait until the page is not being drawn: what is clicked on would go, or move away."""
    page.wait_for_function(AT_REST)


def fits(page: Page) -> None:
    """Wait until no button goes beyond a phone's width, and check that nothing else does."""
    page.wait_for_function(WITHIN)
    assert page.evaluate("document.documentElement.scrollWidth") == 390, page.url
