"""The pages Inside and Learn in a real browser: what the pointer, a finger and the keys find."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
from layout import PHONE
from pen import canvas, drawable, write
from playwright.sync_api import Locator, Page, expect

from digitrec.datasets import mnist

SHARE = "(mark) => mark.offsetWidth / mark.parentElement.offsetWidth"


def test_a_drawn_digit_goes_through_the_layers(window: Callable[..., Page]) -> None:
    page = window("/inside")
    best = page.locator(".evidence .best b")
    expect(best).to_have_text("7")  # the one to begin with
    drawable(page)
    write(page, "4", x=150, y=50)
    expect(page.locator(".st-key-answer")).to_have_text("4")
    expect(best).to_have_text("4")

    maps = page.locator(".maps canvas")
    maps.nth(1).scroll_into_view_if_needed()
    maps.nth(1).hover(position={"x": 20, "y": 20})
    seen = page.locator("aside .mark").first
    expect(seen).to_be_visible()
    first = seen.evaluate(SHARE)
    deeper = maps.nth(3)
    deeper.scroll_into_view_if_needed()
    deeper.hover(position={"x": 20, "y": 20})
    assert 0 < first < seen.evaluate(SHARE) <= 1  # the deeper, the more it sees

    deeper.click(position={"x": 20, "y": 20})
    caption = page.locator("aside figcaption").last
    expect(caption).to_contain_text("map 1 of")
    deeper.press("ArrowRight")
    expect(caption).to_contain_text("map 2 of")
    expect(deeper).to_have_role("slider")  # so that what an arrow chose is heard
    expect(deeper).to_have_attribute("aria-valuetext", caption.inner_text())
    expect(page.locator(".st-key-reasons canvas")).to_have_count(12)


def test_a_digit_that_it_was_unsure_of_is_said_to_be_looked_at_again(
    window: Callable[..., Page],
) -> None:
    page = window("/inside?test=0")
    again = page.get_by_role("heading", name="It looked again")
    head = page.locator(".layer.last header")
    expect(head).to_contain_text("the percentages follow from it")
    page.get_by_role("button", name="Others").click()
    second = np.random.default_rng(2).choice(10_000, 16, replace=False)
    dealt = page.locator(".st-key-dealt .pixels button")
    for place, label in enumerate(mnist().y_test[second]):
        named = f"A {label} from MNIST"
        expect(dealt.nth(place).locator("canvas")).to_have_attribute("aria-label", named)
    unsure = list(second).index(1878)
    for place, times, words in (
        (unsure, 1, "at first sight"),
        (unsure - 1, 0, "the percentages follow from it"),
    ):
        dealt.nth(place).click()
        expect(page.get_by_text(f"Test digit {second[place]},")).to_be_visible()
        expect(again).to_have_count(times)
        expect(head).to_contain_text(words)


def test_what_was_drawn_on_the_wider_canvas_is_whole_on_the_narrower_ones(
    window: Callable[..., Page],
) -> None:
    page = window()
    drawable(page)
    write(page, "7240")
    answer = page.locator(".st-key-answer")
    expect(answer).to_have_text("7240")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Inside").click()
    expect(page.locator(".st-key-inside")).to_be_visible()
    drawable(page)
    expect(answer).to_have_text("7240")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Read").click()
    expect(page.locator(".st-key-inside")).to_have_count(0)
    drawable(page)
    expect(answer).to_have_text("7240")


def test_a_test_digit_is_picked_on_a_phone(window: Callable[..., Page]) -> None:
    page = window("/inside?test=0", **PHONE)
    expect(page.locator(".st-key-answer")).to_have_text("7")
    picked = page.locator(".st-key-dealt .pixels button").nth(3)
    digit = picked.locator("canvas").get_attribute("aria-label")
    picked.tap()
    expect(page.get_by_text(f"labelled {str(digit)[2]}.")).to_be_visible()
    expect(page).not_to_have_url(re.compile(r"test=0$"))
    expect(picked).to_be_focused()  # the buttons are not made anew, and the next tap finds its own
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_course_fits_a_phone_and_turns(window: Callable[..., Page]) -> None:
    page = window("/course?chapter=4", **PHONE)
    expect(page.locator(".st-key-course h3").first).to_have_text("4. The convolutional network")
    expect(page.locator(".st-key-chapter-4 canvas").first).to_be_visible()
    nine = page.locator(".st-key-chapter-4").get_by_role("radio", name="9", exact=True)
    expect(nine).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert rows(page.locator(".pixels.four figure")) == [2, 2]
    page.locator(".st-key-turn-left button").tap()
    title = page.locator(".st-key-course h3").first
    expect(title).to_have_text("3. Preparing the data")
    expect(title).to_be_in_viewport(ratio=1)
    expect(title).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 820, "height": 1180})
    expect(canvas(page)).to_have_js_property("clientWidth", 260)
    assert rows(page.locator(".st-key-tools").locator("[role=radio], .stButton button")) == [3, 2]
    assert rows(page.locator(".pixels.four figure")) == [4]


def rows(parts: Locator) -> list[int]:
    """How many of these stand in each row."""
    tops = parts.evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    return list(Counter(map(round, tops)).values())


def test_back_is_the_chapter_before(window: Callable[..., Page]) -> None:
    page = window("/course")
    title = page.locator(".st-key-course h3").first
    page.locator(".st-key-turn-right button").click()
    expect(title).to_have_text("2. MNIST, the examples")
    page.get_by_role("radio", name="Saving").click()
    expect(title).to_have_text("6. Saving what was learnt")
    page.go_back()
    expect(title).to_have_text("2. MNIST, the examples")
    page.go_back()
    expect(title).to_have_text("1. What deep learning is")
    page.go_forward()
    expect(title).to_have_text("2. MNIST, the examples")
    page.get_by_role("radio", name="The CNN").click()
    page.get_by_role("link", name="See all its layers").press("Enter")
    expect(page.get_by_role("heading", name="Inside the network")).to_be_focused()


def test_leaving_the_layers_complains_of_nothing(window: Callable[..., Page]) -> None:
    page = window("/inside")
    for _ in range(3):
        expect(page.locator(".evidence li")).to_have_count(11)
        page.get_by_role("link", name="Models").click()
        expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        page.get_by_role("link", name="Inside").click()
