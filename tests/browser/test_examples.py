"""From a reading to an example and back, as a person does it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect


def opened(chromium: Browser, address: str, **options: object) -> Page:
    page = chromium.new_context(**options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def test_a_number_is_confirmed_corrected_by_boxes_looked_at_and_relabelled(
    chromium: Browser, running: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'examples.sqlite'}"
    with running(tmp_path / "log", DIGITREC_DATABASE_URL=database) as address:
        page = opened(chromium, f"{address}/?input=Upload")
        page.locator(".st-key-samples button").nth(3).click()
        expect(page.locator(".st-key-answer")).to_have_text("2718")
        correct = page.locator(".st-key-correct")
        right = correct.get_by_role("button", name="Right")
        right.click()
        expect(correct).to_contain_text("Thank you, kept")
        correct.get_by_role("button", name="Undo").click()
        expect(right).to_be_visible()

        # The picture shows 2718; somebody sees a 9 after the 8. The others have their boxes.
        correct.get_by_role("button", name="Wrong").click()
        field = page.get_by_role("textbox", name="What does it say?")
        field.fill("27189")
        field.press("Enter")
        canvas = correct.locator("canvas.upper-canvas")
        for place, said in enumerate(("the 8 (1 of 2)", "the 9 (2 of 2)")):
            expect(correct).to_contain_text(said)
            canvas.scroll_into_view_if_needed()
            paper = canvas.bounding_box()
            assert paper is not None
            left = paper["x"] + paper["width"] * (0.65 + 0.05 * place)
            page.mouse.move(left, paper["y"] + paper["height"] * 0.25)
            page.mouse.down()
            right, bottom = left + 0.15 * paper["width"], paper["y"] + paper["height"] * 0.75
            page.mouse.move(right, bottom, steps=5)
            page.mouse.up()
        expect(correct).to_contain_text("Keep the boxes if they fit")
        correct.locator(".st-key-keep-boxes button").click()
        expect(correct).to_contain_text("kept as 27189")

        page.goto(f"{address}/examples")
        gallery = page.locator(".st-key-examples-gallery")
        tiles = gallery.locator(".grid button")
        expect(tiles).to_have_count(5)
        dates = page.get_by_test_id("stDateInputFieldsScroller")
        assert dates.evaluate("dates => dates.scrollWidth <= dates.clientWidth")
        labels = [page.locator(f".st-key-which-{name} label").first for name in ("right", "label")]
        assert len({(label.bounding_box() or {})["y"] for label in labels}) == 1
        tiles.first.focus()
        page.keyboard.press("Space")
        expect(gallery).to_contain_text("1 example chosen")
        expect(tiles.first).to_have_attribute("aria-pressed", "true")
        page.locator(".st-key-delete-examples button").click()
        expect(tiles).to_have_count(4)
        expect(gallery).not_to_contain_text("1 example chosen")
        page.context.close()


def test_the_page_fits_a_phone(
    chromium: Browser, running: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'examples.sqlite'}"
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with running(tmp_path / "log", DIGITREC_DATABASE_URL=database) as address:
        page = opened(chromium, f"{address}/examples", **phone)
        expect(page.locator(".st-key-examples-gallery")).to_contain_text("Nothing here yet")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.context.close()
