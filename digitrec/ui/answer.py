"""A reading on the page: the number, how sure it is, each digit, and what was refused."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from digitrec import Photo
from digitrec.preprocess import Ink
from digitrec.reader import Digit, Reading, Refusal
from digitrec.ui import browser
from digitrec.ui.correct import correct
from digitrec.ui.words import certainty, percent, plain, refusal, tone


@dataclass(frozen=True)
class Result:
    """What came of an input; of nothing, nothing is shown.

    name: what the JSON file is called, without its extension. picture: HTML of what was read.
    problems: sentences about what could not be read. key: another one for whatever is read anew.
    photo: gives the pixels that the reading's boxes refer to.
    """

    reading: Reading | None = None
    name: str = ""
    picture: str = ""
    problems: tuple[str, ...] = ()
    key: str = ""
    photo: Callable[[], Photo] | None = None


def show(result: Result) -> None:
    """The number, how sure it is, what went wrong, the picture, and each digit.

    Every container is made every time, for then each has a place of its own: one that moved would
    be on the page twice until the run ends. Streamlit leaves out the empty ones.
    """
    reading = result.reading or Reading((), (), 0.0)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        number(reading)
        if reading.numbers:
            browser.copy_button(reading.text)
            st.download_button(
                "JSON",
                json.dumps({"file": result.name} | reading.to_dict(), indent=2),
                file_name=f"{result.name}.json",
                mime="application/json",
                icon=":material/download:",
                help="Download the reading, with every digit, box and alternative",
                on_click="ignore",
            )
    with st.container():
        if reading.numbers:
            confidence(reading)
    with st.container(key="message", gap="xsmall"):
        for problem in result.problems:
            st.error(plain(problem), icon=":material/error:")
        if reading.refused:
            st.warning(refusal(reading), icon=":material/block:")
            st.html(f'<div class="refused">{"".join(map(_left_out, reading.refused))}</div>')
    with st.container():
        if result.photo:
            correct(reading, result.photo, result.key)
    with st.container():
        if result.picture:
            st.html(result.picture)
    with st.container(key="digits"):
        if reading.numbers:
            digits = [digit for number in reading.numbers for digit in number.digits]
            st.html(f'<div class="cards">{"".join(map(_card, digits))}</div>')


def number(reading: Reading) -> None:
    """The number, large; a doubtful digit is underlined."""
    words = [_marked(number.digits) for number in reading.numbers]
    size = "" if len(reading.text) < 9 else " long"
    with st.container(key="answer"):
        st.html(f'<output class="number{size}">{" ".join(words)}</output>')


def _marked(digits: tuple[Digit, ...]) -> str:
    return "".join(
        f'<span class="{tone(digit.confidence)}">{digit.digit}</span>' for digit in digits
    )


def confidence(reading: Reading) -> None:
    """How sure the whole reading is, in words and as a bar."""
    sure = float(np.prod([number.confidence for number in reading.numbers]))
    st.html(
        f'<div class="certainty {tone(sure)}"><span>{certainty(sure)}</span>'
        f'<div class="bar" role="meter" aria-label="Confidence" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{sure:.0%}"><i style="width:{sure:.1%}"></i></div>'
        f"<span>{percent(sure)}</span></div>"
    )


def _card(digit: Digit) -> str:
    rows = "".join(
        f'<li><b>{other}</b><div class="bar"><i style="width:{p:.1%}"></i></div>'
        f"<span>{percent(p)}</span></li>"
        for other, p in digit.alternatives
    )
    return (
        f'<article class="card {tone(digit.confidence)}">'
        f'<img src="{_png(digit.ink)}" alt="The {digit.digit} as the network saw it, 28 by 28">'
        f"<ol>{rows}</ol><p>{certainty(digit.confidence)}</p></article>"
    )


def _left_out(shape: Refusal) -> str:
    return f'<img src="{_png(shape.ink)}" alt="Left out: {shape.reason}">'


def _png(ink: Ink) -> str:
    """A (28, 28) float32 array in [0, 1] as a data URL."""
    file = io.BytesIO()
    Image.fromarray(np.rint(ink * 255).astype(np.uint8)).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
