"""The language of the browser, the switch in the sidebar, and what French words take up."""

from __future__ import annotations

import re
from collections.abc import Callable

from layout import PHONE, fits, rest
from pen import drawable, write
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PAGES = ("", "train", "models", "examples", "course")


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_the_browser_s_language_until_it_is_switched(window: Callable[..., Page], url: str) -> None:
    page = window(locale="fr-FR")
    heading(page, "Lire un nombre")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("button", name="Menu principal")).to_be_visible()
    drawable(page)
    write(page, "7")  # a fragment's run, in a thread of its own
    expect(page.locator(".st-key-answer")).to_have_text("7")
    expect(page.get_by_role("button", name="Copier")).to_be_visible()
    expect(page.get_by_role("button", name="Juste", exact=True)).to_be_visible()

    page.get_by_role("radio", name="English").click()
    heading(page, "Read a number")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Main menu")).to_be_visible()
    expect(page.locator(".st-key-answer")).to_have_text("7")  # what was drawn stays
    expect(page.get_by_role("button", name="Copy")).to_be_visible()

    page.reload()
    heading(page, "Read a number")
    page.get_by_role("link", name="Models").click()
    heading(page, "Models")
    page.go_back()
    heading(page, "Read a number")
    page.go_back()
    page.wait_for_url("about:blank")  # the switch took no step of its own
    page.go_forward()
    heading(page, "Read a number")
    page.goto(f"{url}/models")
    heading(page, "Models")
    page.get_by_role("radio", name="Français").click()
    heading(page, "Modèles")


def test_what_the_page_that_was_left_still_sends_empties_nothing(
    window: Callable[..., Page], url: str
) -> None:
    late: list[bytes] = []  # the last message of the page Read that ran its fragment
    read = ""  # the hash of that page
    started = 0  # runs since that page was left, the first of them the next page

    def repeat(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def up(message: str | bytes) -> None:
            nonlocal read
            server.send(message)
            run = BackMsg.FromString(bytes(message)).rerun_script
            if run.fragment_id and not run.is_auto_rerun:
                late[:], read = [message], run.page_script_hash

        def down(message: str | bytes) -> None:
            nonlocal started
            browser.send(message)
            news = ForwardMsg.FromString(bytes(message))
            if not news.HasField("new_session") or not read:
                return
            if started or news.new_session.page_script_hash != read:
                started += 1
            if started == 1:
                server.send(late[0])

        browser.on_message(up)
        server.on_message(down)

    page = window("/models", locale="fr-FR")
    page.route_web_socket(re.compile("_stcore/stream"), repeat)
    page.goto(f"{url}/?lang=en")
    drawable(page)
    write(page, "7")
    expect(page.locator(".st-key-answer")).to_have_text("7")
    for _ in range(3):  # the next page may be whole before the late message is there
        page.get_by_role("link", name="Models").click()
        while started < 3:  # the last is the sidebar's, which runs once a second
            page.wait_for_timeout(50)
        heading(page, "Models")
        expect(page.get_by_role("radio", name="English")).to_be_checked()
        started, read = 0, ""
        page.get_by_role("link", name="Read").click()
        expect(page.locator(".st-key-answer")).to_have_text("7")


def test_two_sessions_speak_two_languages(window: Callable[..., Page]) -> None:
    french, english = window("/models", locale="fr-CA"), window("/models")
    heading(french, "Modèles")
    heading(english, "Models")
    french.reload()
    heading(french, "Modèles")
    expect(english.get_by_text("Every trained version is kept here")).to_be_visible()


def test_french_fits_a_phone(window: Callable[..., Page], url: str) -> None:
    page = window(locale="fr-FR", **PHONE)
    for path in PAGES:
        page.goto(f"{url}/{path}")
        page.locator(".st-key-page").wait_for()
        rest(page)
        fits(page)


def test_the_words_of_streamlit_are_ours(window: Callable[..., Page]) -> None:
    page = window("/?input=Camera", locale="fr-FR", **PHONE)
    shown = "node => getComputedStyle(node, '::after').content"
    page.locator("[data-testid=stMainMenu] button").click()
    item = page.get_by_test_id("stMainMenuItem-theme-Dark")
    expect(item).to_have_css("font-size", "0px")
    assert item.evaluate(shown) not in ("none", "normal")
    expect(page.get_by_text("Made with")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Montrer la barre latérale")).to_be_visible()
    page.wait_for_function("document.querySelector('video')?.currentTime > 0.2")
    page.get_by_test_id("stCameraInputButton").click()
    again = page.get_by_test_id("stCameraInputButton")
    expect(again.locator("svg")).to_be_visible()
    expect(again).to_have_css("flex-direction", "row")  # the cross beside the words


def test_a_zip_has_its_own_limit(window: Callable[..., Page]) -> None:
    page = window("/examples", locale="fr-FR")
    page.locator(".st-key-import summary").click()
    zipped = page.locator("[class*=st-key-import-zip]")
    words = zipped.get_by_test_id("stFileUploaderDropzoneInstructions").locator("span").first
    expect(words).to_be_visible()
    assert "200" in words.evaluate("node => getComputedStyle(node, '::after').content")


def test_a_camera_that_is_not_allowed_says_so(window: Callable[..., Page]) -> None:
    page = window()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject('no'); }")
    page.get_by_text("Camera", exact=True).click()
    words = page.get_by_test_id("stCameraInputWebcamComponent").locator("p")
    expect(words).to_be_visible()
    content = words.evaluate("node => getComputedStyle(node, '::after').content")
    assert "does not allow the camera" in content
    expect(words.locator("a")).to_be_hidden()
