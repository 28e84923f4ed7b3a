"""A reading on the page: the number, how sure it is, each digit, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import streamlit as st

from digitrec import Digit, Number, Photo, Reading, Refusal
from digitrec.language import _
from digitrec.preprocess import Ink
from digitrec.ui import browser, kept, table
from digitrec.ui.blank import blank
from digitrec.ui.correct import correct
from digitrec.ui.data_urls import png_url
from digitrec.ui.words import (
    certainty,
    corrections,
    least_sure,
    percent,
    plain,
    refusal,
    tone,
    tone_of,
)

AT_ONCE = 12  # digits whose cards are shown together; of more, those of one number


@dataclass(frozen=True)
class Result:
    """What came of an input; of nothing, nothing is shown.

    name: of the file, and what its downloads are called. key: another one for whatever is read
    anew, so that a number that was chosen is not taken for one of another picture. photo: gives
    the pixels that the reading's boxes refer to. picture: draws it, given the chosen number and
    what to tell when another is picked. problems: sentences about what could not be read.
    one_of_many: the table of them all has the downloads. picked: names what a person has just
    picked there, which is brought into sight; "": nothing.
    """

    reading: Reading | None = None
    name: str = ""
    key: str = ""
    photo: Callable[[], Photo] | None = None
    picture: Callable[[int | None, Callable[[int], None]], None] | None = None
    problems: tuple[str, ...] = ()
    one_of_many: bool = False
    picked: str = ""


@dataclass(frozen=True)
class Selected:
    """The number that a person looks at: the one they clicked, or the only one there is.

    photo: gives the pixels that the boxes refer to; it loads the picture, so ask when needed.
    """

    number: Number
    reading: Reading
    photo: Callable[[], Photo]


def show(result: Result) -> None:
    """The number, how sure it is, what went wrong, the picture, and the digits of one number.

    Each has a place of its own, where nothing is put while there is nothing to show.
    """
    reading = result.reading or Reading((), (), 0.0)
    shown = kept.corrected(reading, result.key)
    clicked = _clicked(result.key, shown)
    selected = _selected(result, shown, clicked)

    def pick(index: int) -> None:
        st.session_state.picked = None if index == clicked else (result.key, index)

    with st.container(key="said", gap="small"):
        with st.container(horizontal=True, gap="small"):
            number(shown)
            with st.container(horizontal=True, width="content", gap="xsmall", key="ways-out"):
                _ways_out(result, shown)
        confidence(shown)
        if said := corrections(shown):
            st.html(f'<div class="certainty">{said}</div>')
        else:
            blank()
        message(result.problems, shown, shapes=True)
        if result.picked:
            browser.reveal(result.picked, "said", "nearest")
        else:
            blank()
    if result.photo and (asked := _asked(reading, selected)):
        correct(asked, result.photo, result.key)
    else:
        blank()
    if result.picture:
        with st.container(key="picture"):
            result.picture(clicked, pick)
    else:
        blank()
    if len(shown.numbers) > 1:
        with st.container(key="numbers"):
            browser.numbers(table.rows(shown.numbers), clicked, pick)
    else:
        blank()
    _cards(selected, shown)


def message(problems: tuple[str, ...], reading: Reading, *, shapes: bool = False) -> None:
    """What went wrong and what was refused, in sentences. shapes: shows what was refused, too."""
    if not problems and not reading.refused:
        blank()
        return
    with st.container(key="message", gap="xsmall"):
        if problems:
            st.error("\n\n".join(map(plain, problems)), icon=":material/error:")
        else:
            blank()
        if reading.refused:
            st.warning(refusal(reading), icon=":material/block:")
        else:
            blank()
        if reading.refused and shapes:
            drawn = "".join(map(_left_out, reading.refused[:AT_ONCE]))
            st.html(f'<div class="refused">{drawn}</div>')
        else:
            blank()


def _asked(reading: Reading, selected: Selected | None) -> Reading | None:
    """What a person is asked about: of several numbers the chosen one, else the whole reading."""
    if selected and len(reading.numbers) > 1:
        return kept.alone(selected.number)
    return reading if reading.numbers or reading.refused else None


def number(reading: Reading) -> None:
    """The number, large, with its points and commas; a doubtful digit is underlined.

    So is what was corrected, with dots. Lines stand below each other.
    """
    lines = [" ".join(map(_marked, line)) for line in _lines(reading)]
    long = max(len(reading.written) // 8, len(lines) - 1)
    size = "" if not long else " long" if long < 4 else " page"
    text = " ".join(f'<span class="line">{line}</span>' for line in lines)
    with st.container(key="answer"):
        st.html(f'<output class="number{size}">{text}</output>')


def _lines(reading: Reading) -> list[list[Number]]:
    """The numbers, given in reading order, by the lines they stand on."""
    numbers = [number for number in reading.numbers if number.written]
    lines = [numbers[:1]] if numbers else []
    for before, after in pairwise(numbers):
        (x, y, w, h), (left, top, _, height) = before.box, after.box
        beside = min(y + h, top + height) - max(y, top) > 0.2 * min(h, height)
        if left < x + w / 2 or not beside:
            lines.append([])
        lines[-1].append(after)
    return lines


def _marked(number: Number) -> str:
    if number.corrected is not None:
        return f'<span class="corrected">{number.written}</span>'
    digits = iter(number.digits)
    return "".join(
        f'<span class="{tone(next(digits).confidence)}">{letter}</span>'
        if letter.isdecimal()
        else letter
        for letter in number.written
    )


def _ways_out(result: Result, reading: Reading) -> None:
    """The number on the clipboard, and the reading as files."""
    if not reading.numbers:
        blank(3)
        return
    lines = _lines(reading)
    browser.copy_button("\n".join(" ".join(one.written for one in line) for line in lines))
    if result.one_of_many:
        blank(2)
    else:
        _downloads(result.name, reading)


def _downloads(name: str, reading: Reading) -> None:
    st.download_button(
        "JSON",
        json.dumps({"file": name} | reading.to_dict(), indent=2),
        file_name=f"{name}.json",
        mime="application/json",
        icon=":material/download:",
        help=_("Download the reading, with every digit, box and alternative"),
        on_click="ignore",
    )
    if len(reading.numbers) > 1:
        st.download_button(
            "CSV",
            table.to_csv([(name, reading)]),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            help=_("Download the numbers, one a row"),
            on_click="ignore",
        )
    else:
        blank()


def confidence(reading: Reading) -> None:
    """How sure the reading is, in words and as a bar; of several numbers, the least sure one."""
    sure = least_sure(reading)
    if sure is None:
        blank()
        return
    words = certainty(sure)
    if (count := len(reading.numbers)) > 1:
        doubtful = sum(tone_of(number) == "doubt" for number in reading.numbers)
        words = _("{count} numbers, {doubtful} doubtful; the least sure").format(
            count=count, doubtful=doubtful or _("none")
        )
    label = _("Confidence")
    st.html(
        f'<div class="certainty {tone(sure)}"><span>{words}</span>'
        f'<div class="bar" role="meter" aria-label="{label}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * sure:.0f}"><i style="width:{sure:.1%}"></i>'
        f"</div><span>{percent(sure)}</span></div>"
    )


def _clicked(key: str, reading: Reading) -> int | None:
    """The number that was clicked, unless something else has been read since."""
    of, index = st.session_state.get("picked") or ("", 0)
    return index if of == key and index < len(reading.numbers) else None


def _selected(result: Result, reading: Reading, clicked: int | None) -> Selected | None:
    if result.photo is None:
        return None
    if clicked is None and len(reading.numbers) != 1:
        return None
    return Selected(reading.numbers[clicked or 0], reading, result.photo)


def _cards(selected: Selected | None, reading: Reading) -> None:
    """The digits of the selected number; where none is, of them all, unless they are too many."""
    numbers = (selected.number,) if selected else reading.numbers
    digits = [digit for number in numbers for digit in number.digits]
    if not digits:
        blank()
        return
    with st.container(key="digits"):
        if not selected and len(digits) > AT_ONCE:
            st.caption(_("Click a number to see its digits as the network saw them."))
        else:
            st.html(f'<div class="cards">{"".join(map(_card, digits))}</div>')


def _card(digit: Digit) -> str:
    rows = "".join(
        f'<li><b>{other}</b><div class="bar"><i style="width:{p:.1%}"></i></div>'
        f"<span>{percent(p)}</span></li>"
        for other, p in digit.alternatives
    )
    alt = _("The {digit} as the network saw it, 28 by 28").format(digit=digit.digit)
    return (
        f'<article class="card {tone(digit.confidence)}">'
        f'<img src="{_png(digit.ink)}" alt="{alt}">'
        f"<ol>{rows}</ol><p>{certainty(digit.confidence)}</p></article>"
    )


def _left_out(shape: Refusal) -> str:
    alt = _("Left out: {reason}").format(reason=_(shape.reason))
    return f'<img src="{_png(shape.ink)}" alt="{alt}">'


def _png(ink: Ink) -> str:
    """A (28, 28) float32 array in [0, 1] as a data URL."""
    return png_url(np.rint(ink * 255).astype(np.uint8))
