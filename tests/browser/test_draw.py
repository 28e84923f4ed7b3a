"""Drawing in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pen import DIGITS, SCRIBBLE, canvas, draw, drawable, settled, touch, write
from playwright.sync_api import Page, expect


@pytest.fixture
def drawn(page: Page) -> Page:
    """The page with 724 written on it, and read."""
    write(page, "724")
    expect(page.locator(".st-key-answer")).to_have_text("724")
    return page


SHOWN = """() => {
    const stage = document.querySelector(".st-key-draw");
    const hosts = [...stage.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
    const root = hosts.map((host) => host.shadowRoot).find((one) => one?.querySelector(".dc-root"));
    return root.querySelector(".lower-canvas:has(+ .upper-canvas)");
}"""


def _wait_until_fitted(page: Page, side: int) -> None:
    """Until the canvas has this width or height, and the drawing fills it without touching it."""
    page.wait_for_function(
        f"""(side) => {{
            const canvas = ({SHOWN})();
            if (canvas.width !== side && canvas.height !== side) return false;
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let right = 0, bottom = 0;
            pixels.data.forEach((value, i) => {{
                if (i % 4 || value > 128) return; // red, of paper
                const place = Math.floor(i / 4);
                right = Math.max(right, place % canvas.width);
                bottom = Math.max(bottom, Math.floor(place / canvas.width));
            }});
            const room = Math.min(canvas.width - 1 - right, canvas.height - 1 - bottom);
            return room > 0 && room < 15;
        }}""",
        arg=side,
    )


def test_nothing_drawn_is_not_answered(page: Page) -> None:
    expect(page.get_by_text("Write a number here")).to_be_visible()
    expect(page.locator(".st-key-answer")).to_have_text("")
    expect(page.locator(".st-key-digits")).to_have_count(0)
    expect(page.locator(".st-key-message")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()


def test_a_number_is_read_digit_by_digit(drawn: Page) -> None:
    assert drawn.locator(".st-key-answer").inner_text() == "724"
    cards = drawn.locator(".st-key-digits article")
    expect(cards).to_have_count(3)
    for card, digit in zip(cards.all(), "724", strict=True):
        expect(card.locator("img")).to_have_js_property("naturalWidth", 28)
        expect(card.locator("li")).to_have_count(3)
        expect(card.locator("li b").first).to_have_text(digit)
    expect(drawn.get_by_role("meter", name="Confidence")).to_be_visible()


def test_every_stroke_is_read_and_nothing_is_drawn_anew(page: Page) -> None:
    canvas(page).evaluate("node => { node.mark = 'mine' }")
    page.locator("h2").evaluate("node => { node.mark = 'mine' }")
    write(page, "7")
    expect(page.locator(".st-key-answer")).to_have_text("7")
    before = canvas(page).bounding_box()
    write(page, "2", x=210)
    expect(page.locator(".st-key-answer")).to_have_text("72")
    assert canvas(page).bounding_box() == before  # it must not move under the pen
    assert canvas(page).evaluate("node => node.mark") == "mine"
    assert page.locator("h2").evaluate("node => node.mark") == "mine"


def test_undo_and_clear(drawn: Page) -> None:
    answer = drawn.locator(".st-key-answer")
    undo, clear = (drawn.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    for _ in range(2):  # a 4 has two strokes
        with settled(drawn):
            undo.click()
    expect(answer).to_have_text("72")
    clear.click()
    expect(answer).to_have_text("")
    expect(clear).to_be_disabled()
    undo.click()
    expect(answer).to_have_text("72")
    write(drawn, "4", x=370)
    expect(answer).to_have_text("724")


def test_the_same_stroke_is_read_again_after_clear(page: Page) -> None:
    for _ in range(3):
        write(page, "7")
        expect(page.locator(".st-key-answer")).to_have_text("7")
        page.get_by_role("button", name="Clear").click()
        expect(page.locator(".st-key-answer")).to_have_text("")


def test_another_pen_keeps_the_drawing(drawn: Page) -> None:
    with settled(drawn):
        drawn.get_by_text("Broad").click()
    write(drawn, "7", x=530)
    expect(drawn.locator(".st-key-answer")).to_have_text("7247")


def test_a_taller_canvas_keeps_the_drawing_and_has_room_for_a_line(drawn: Page) -> None:
    answer = drawn.locator(".st-key-answer")
    with settled(drawn):
        drawn.get_by_text("Taller").click()
    expect(canvas(drawn)).to_have_js_property("clientHeight", 600)
    expect(answer).to_have_text("724")
    write(drawn, "41", y=350)
    expect(answer).to_have_text("724 41")
    assert answer.inner_text().split() == ["724", "41"]
    with settled(drawn):
        drawn.get_by_text("Taller").click()
    expect(canvas(drawn)).to_have_js_property("clientHeight", 300)
    expect(answer).to_have_text("724 41")
    _wait_until_fitted(drawn, 300)


def test_a_narrower_canvas_shows_the_whole_drawing(window: Callable[..., Page]) -> None:
    page = window(viewport={"width": 1024, "height": 800})
    page.get_by_test_id("stSidebar").hover()
    page.locator("[data-testid=stSidebarCollapseButton] button").click()
    expect(canvas(page)).to_have_js_property("clientWidth", 860)
    drawable(page)
    write(page, "72431")
    answer = page.locator(".st-key-answer")
    expect(answer).to_have_text("72431")
    before = page.evaluate(f"({SHOWN})().toDataURL()")
    page.get_by_role("button", name="Wrong").click()
    typed = page.get_by_role("textbox", name="What does it say?")
    typed.fill("72437")

    page.get_by_test_id("stExpandSidebarButton").click()
    _wait_until_fitted(page, 564)
    page.set_viewport_size({"width": 400, "height": 800})
    _wait_until_fitted(page, 368)
    expect(answer).to_have_text("72431")
    expect(typed).to_have_value("72437")  # it is still the same drawing
    page.reload()
    drawable(page)
    _wait_until_fitted(page, 368)
    expect(answer).to_have_text("72431")

    page.set_viewport_size({"width": 1400, "height": 800})
    page.wait_for_function(f"(before) => ({SHOWN})().toDataURL() === before", arg=before)
    expect(answer).to_have_text("72431")


def test_undo_takes_back_what_is_seen_on_a_narrower_canvas(window: Callable[..., Page]) -> None:
    page = window(viewport={"width": 1280, "height": 800})
    drawable(page)
    write(page, "7240")
    answer = page.locator(".st-key-answer")
    expect(answer).to_have_text("7240")
    page.set_viewport_size({"width": 400, "height": 800})
    _wait_until_fitted(page, 368)
    with settled(page):
        page.get_by_role("button", name="Undo").click()
    expect(answer).to_have_text("724")
    write(page, "1", x=280, y=30, height=90)
    expect(answer).to_have_text("7241")
    with settled(page):
        page.get_by_role("button", name="Clear").click()
    expect(answer).to_have_text("")
    page.get_by_role("button", name="Undo").click()
    expect(answer).to_have_text("7241")
    _wait_until_fitted(page, 368)


def test_the_drawing_outlives_a_look_elsewhere_and_a_reload(drawn: Page) -> None:
    answer = drawn.locator(".st-key-answer")
    drawn.get_by_text("Upload", exact=True).first.click()
    expect(drawn.locator(".st-key-draw")).to_be_hidden()
    expect(answer).to_have_text("")
    drawn.get_by_text("Draw", exact=True).click()
    expect(answer).to_have_text("724")
    drawn.reload()
    expect(answer).to_have_text("724")
    drawn.get_by_role("button", name="Clear").click()
    expect(answer).to_have_text("")


def test_a_drawing_is_read_where_the_browser_keeps_nothing(page: Page) -> None:
    page.add_init_script("""
        for (const way of ["getItem", "setItem", "removeItem"]) {
            const honest = Storage.prototype[way];
            Storage.prototype[way] = function (key, ...more) {
                if (key.startsWith("digitrec")) throw new DOMException("denied", "SecurityError");
                return honest.call(this, key, ...more);
            };
        }
    """)
    page.reload()
    drawable(page)  # it has told how wide it is
    write(page, "74")
    expect(page.locator(".st-key-answer")).to_have_text("74")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".st-key-answer")).to_have_text("7")


def test_a_canvas_made_anew_holds_what_was_drawn(drawn: Page) -> None:
    """Streamlit may make a component anew at any time, and it then starts from its arguments."""
    with settled(drawn):
        drawn.locator(".st-key-draw").evaluate("""stage => {
            const hosts = [...stage.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
            const root = hosts.map(host => host.shadowRoot).find(r => r.querySelector(".dc-root"));
            const old = root.querySelector(".upper-canvas");
            old.replaceWith(old.cloneNode());  // as good as new to whoever watches
        }""")
    assert drawn.locator(".st-key-answer").inner_text() == "724"


def test_the_number_is_copied(drawn: Page) -> None:
    drawn.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = drawn.get_by_role("button", name="Copy")
    button.focus()
    drawn.keyboard.press("Enter")
    expect(drawn.get_by_role("button", name="Copied")).to_be_visible()
    assert drawn.evaluate("navigator.clipboard.readText()") == "724"


def test_copying_says_so_when_the_browser_refuses(drawn: Page) -> None:
    drawn.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    drawn.evaluate("document.execCommand = () => false")
    drawn.get_by_role("button", name="Copy").click()
    expect(drawn.get_by_role("button", name="Not copied")).to_be_visible()
    expect(drawn.get_by_text("select the number instead")).to_be_visible()


def test_the_reading_is_downloaded(drawn: Page, tmp_path: Path) -> None:
    with drawn.expect_download() as download:
        drawn.get_by_role("button", name="JSON").click()
    assert download.value.suggested_filename == "drawing.json"
    download.value.save_as(tmp_path / "drawing.json")
    reading = json.loads((tmp_path / "drawing.json").read_text())
    assert reading["text"] == "724"
    assert [digit["digit"] for digit in reading["numbers"][0]["digits"]] == [7, 2, 4]


def test_a_scribble_is_refused_and_a_digit_after_it_read(page: Page) -> None:
    draw(page, SCRIBBLE, (40, 40, 300, 180))
    message = page.locator(".st-key-message")
    expect(message).to_contain_text("not a digit")
    expect(page.locator(".st-key-answer")).to_have_text("")
    page.get_by_role("button", name="Clear").click()
    expect(message).to_have_count(0)
    write(page, "7")
    expect(page.locator(".st-key-answer")).to_have_text("7")


def test_a_malformed_drawing_is_a_sentence_and_the_next_is_read(page: Page) -> None:
    answer = page.locator(".st-key-answer")
    urls = (f"data:image/png;base64,{end}" for end in ("AAAA", "%%%"))
    for payload in (*urls, "nonsense", 7, []):
        page.evaluate(
            """(payload) => {
                const honest = HTMLCanvasElement.prototype.toDataURL;
                window.mend = () => { HTMLCanvasElement.prototype.toDataURL = honest; };
                HTMLCanvasElement.prototype.toDataURL = () => payload;
            }""",
            payload,
        )
        write(page, "7")
        expect(page.locator(".st-key-message [data-testid=stAlertContentError]")).to_be_visible()
        expect(page.locator(".st-key-message p")).to_have_count(1)
        page.evaluate("() => { window.mend() }")
        write(page, "2", x=210)
        expect(answer).to_have_text("72")
        expect(page.locator(".st-key-message")).to_have_count(0)
        page.get_by_role("button", name="Clear").click()
        expect(answer).to_have_text("")


def test_a_finger_on_a_phone(window: Callable[..., Page]) -> None:
    page = window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    drawable(page)
    expect(canvas(page)).to_have_js_property("clientWidth", 358)
    for place, digit in enumerate("74"):
        for stroke in DIGITS[digit]:
            touch(page, stroke, (40 + 150 * place, 50, 75, 140))
    expect(page.locator(".st-key-answer")).to_have_text("74")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_wrong_asks_below_what_it_is_about(window: Callable[..., Page], scheme: str) -> None:
    page = window(color_scheme=scheme)
    drawable(page)
    write(page, "72")
    answer = page.locator(".st-key-answer")
    expect(answer).to_have_text("72")
    page.get_by_role("button", name="Wrong").click()
    field = page.get_by_role("textbox", name="What does it say?")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("inputmode", "tel")
    assert (
        field.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
        == "72"
    )
    assert field.evaluate("field => field.getBoundingClientRect().top") > answer.evaluate(
        "answer => answer.getBoundingClientRect().bottom"
    )
    contrast = page.get_by_role("button", name="Keep").evaluate("""button => {
        const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        const light = (colour) => {
            const [r, g, b] = colour.match(/[0-9.]+/g).map((one) => linear(one / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
        };
        const { color, backgroundColor } = getComputedStyle(button);
        const ratio = light(color) / light(backgroundColor);
        return Math.max(ratio, 1 / ratio);
    }""")
    assert contrast > 4.5
    page.get_by_role("button", name="Wrong").click()
    expect(field).to_have_count(0)


def test_what_was_typed_wrongly_is_told_beside_the_field_on_a_phone(
    window: Callable[..., Page],
) -> None:
    page = window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    drawable(page)
    for stroke in DIGITS["7"]:
        touch(page, stroke, (40, 50, 75, 140))
    expect(page.locator(".st-key-answer")).to_have_text("7")
    page.get_by_role("button", name="Wrong").tap()
    field = page.get_by_role("textbox", name="What does it say?")
    expect(field).to_be_focused()
    field.fill("abc")
    page.keyboard.press("Enter")
    told = page.locator(".st-key-correct [role=alert]")
    expect(told).to_be_in_viewport(ratio=1)
    expect(field).to_be_in_viewport(ratio=1)


def test_the_keyboard_keeps_its_place_through_a_correction(drawn: Page) -> None:
    wrong, undo = (drawn.get_by_role("button", name=name) for name in ("Wrong", "Undo"))
    field = drawn.get_by_role("textbox", name="What does it say?")
    told = drawn.locator(".st-key-told")
    expect(told).to_have_role("status")
    told.evaluate("told => { told.mark = 'mine' }")
    wrong.press("Enter")
    expect(field).to_be_focused()
    drawn.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(wrong).to_be_focused()
    drawn.keyboard.press("Enter")
    expect(field).to_be_focused()
    field.fill("721")
    drawn.get_by_role("button", name="Keep").press("Enter")
    expect(told).to_contain_text("Thank you, kept as 721.")
    expect(told).to_have_js_property("mark", "mine")  # what it is told in was there before
    expect(undo.last).to_be_focused()
    expect(wrong).to_have_count(0)
    drawn.keyboard.press("Enter")
    expect(drawn.get_by_role("button", name="Right")).to_be_focused()
    expect(drawn.locator(".st-key-answer")).to_have_text("724")
