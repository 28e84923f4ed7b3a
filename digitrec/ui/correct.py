"""Right or wrong: a reading is confirmed in one click, or corrected, and kept as examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from digitrec import Reading, examples
from digitrec.classifier import in_service
from digitrec.corrections import (
    NOT_A_DIGIT_LETTER,
    CorrectionError,
    Shape,
    agreed,
    boxed,
    examples_of,
    labels,
    matched,
    shapes,
    written,
)
from digitrec.example import NOT_A_DIGIT
from digitrec.examples import ExamplesError
from digitrec.images import ImageError, Photo
from digitrec.language import _, ngettext
from digitrec.reading import Box
from digitrec.runtime import ModelError
from digitrec.ui import boxes, browser, kept, place
from digitrec.ui.blank import blank
from digitrec.ui.words import plain

SOURCES = {"Draw": "drawn", "Camera": "camera"}  # by the way in that was chosen; else uploaded
MOST_BOXES = 30  # on a picture as wide as the page, more are too small to draw round


def correct(reading: Reading, photo: Callable[[], Photo], key: str) -> None:
    """Ask whether a reading, or one number of it, is right, and keep what the person says.

    Several numbers are confirmed together, and corrected one by one. photo: gives the picture
    that the boxes refer to. key: tells the picture from others.
    """
    if not reading.numbers and not reading.refused:
        return
    state = st.session_state
    this = kept.name(reading, key)
    fixing = state.get("fixing")
    of, problem = state.pop("correction-problem", (None, ""))
    problem = problem if of == this else ""
    with st.container(key="correct", gap="xsmall"):
        if said := kept.said().get(this):
            _thank(this, said)
            blank(2)  # where the form was, or the boxes
        elif fixing and fixing["of"] == this:
            _fix_boxes(fixing, reading, photo, problem)
            problem = ""
        else:
            _ask(this, reading, kept.left(reading, key), photo, problem)
            problem = "" if state.get("correcting") == this else problem  # it is in the form
        _tell(problem)


def _ask(
    this: str, reading: Reading, left: Reading, photo: Callable[[], Photo], problem: str
) -> None:
    """left: what can still be said of it. problem: with what was typed last."""
    state = st.session_state
    field = f"right-number-{this}"
    nothing = NOT_A_DIGIT_LETTER * (len(shapes(reading.numbers)) or len(reading.refused))
    correcting = state.get("correcting") == this

    def take(typed: str | None = None) -> None:
        typed = state[field] if typed is None else typed
        wanted = labels(typed)
        pairs = matched(wanted, left.numbers, left.refused)
        if pairs is not None:
            _keep(this, left, photo(), pairs, typed)
        elif len(wanted) <= MOST_BOXES:
            state.correcting = None
            state.fixing = {
                "of": this,
                "typed": typed,
                "found": [(place, shape.box) for place, shape in agreed(wanted, reading.numbers)],
                "round": state.get("round", 0),
            }
            place.pass_on()
        else:
            raise CorrectionError(
                _(
                    "{found} digits were found, and you typed {typed}: take a picture of fewer "
                    "of them."
                ).format(found=len(shapes(reading.numbers)), typed=len(wanted))
            )

    right = _("Right") if reading.numbers else _("Right, not a digit")
    if several := len(reading.numbers) > 1:
        right = _("All are right") if left == reading else _("The others are right")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        place.told("", "confirm")
        if left.numbers or left.refused:
            st.button(
                right,
                icon=":material/check:",
                key="confirm",
                help=_("Keep it as an example to learn from"),
                on_click=_attempt,
                args=(this, take, left.written or nothing),
            )
        else:
            blank()
        if several:
            st.caption(_("Click a number to correct it."), width="content")
            return
        st.button(
            _("Wrong"),
            icon=":material/edit:",
            key="wrong",
            on_click=state.__setitem__,
            args=("correcting", None if correcting else this),
        )
    if correcting:
        _form(this, reading.written, field, take, nothing, problem)
    else:
        blank(2)


def _form(
    this: str, text: str, field: str, take: Callable[..., None], nothing: str, problem: str
) -> None:
    """Below what it asks about: a popover would cover the number, or the drawing."""
    with st.form(f"correction-{this}"):
        _tell(problem)  # above the field, where a phone still shows it
        with st.container(horizontal=True, gap="small"):
            st.text_input(
                _("What does it say?"),
                text,
                help=_("Type {letter} or * in the place of a shape that is not a digit.").format(
                    letter=NOT_A_DIGIT_LETTER
                ),
                key=field,
            )
            st.text_input(
                _("Whose hand is it?"),
                key="writer",
                max_chars=examples.LONGEST,
                placeholder=_("If you like"),
                persist_state="session",
            )
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(
                _("Keep"),
                type="primary",
                icon=":material/check:",
                on_click=_attempt,
                args=(this, take),
            )
            st.form_submit_button(
                _("Not a digit"),
                icon=":material/block:",
                key="not-a-digit",
                on_click=_attempt,
                args=(this, take, nothing),
            )
        browser.focus(text, "tel")


def _keep(
    this: str, left: Reading, photo: Photo, pairs: list[tuple[Shape, int]], typed: str
) -> None:
    """left: what can still be said of it. typed: by the person; its labels in their order."""
    if this in kept.said():  # it was pressed twice: Undo would bring the first ones back
        return
    source = SOURCES.get(st.session_state.get("input", ""), "uploaded")
    writer = st.session_state.get("writer")
    version = in_service().name
    new = examples_of(photo, pairs, version=version, source=source, writer=writer)
    number = written(typed)
    as_read = number == left.written
    kept.said()[this] = kept.Said(
        examples.add(new),
        tuple(labels(typed)),
        as_read and all(shape.read == label for shape, label in pairs),
        None if as_read else number,
        tuple(shape.box for shape, label in pairs if label != NOT_A_DIGIT),
    )
    st.session_state.correcting = None
    place.pass_on()


def _attempt(this: str, act: Callable[..., None], *arguments: Any) -> None:
    """Do it, or remember in a sentence why it cannot be done."""
    try:
        act(*arguments)
    except (CorrectionError, ExamplesError, ImageError, ModelError) as error:
        st.session_state["correction-problem"] = (this, str(error))


def _thank(this: str, said: kept.Said) -> None:
    """What was kept, and the way back."""

    def undo() -> None:
        examples.undo(said.what)
        kept.said().pop(this, None)  # unless it was pressed twice
        place.pass_on()

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = _("Thank you, kept.")
        if not said.right:
            words = _("Thank you, kept as **{label}**.").format(label=_shown(said.labels))
        place.told(f":material/check_circle: {words}", "unkeep")
        st.button(
            _("Undo"),
            icon=":material/undo:",
            key="unkeep",
            on_click=_attempt,
            args=(this, undo),
        )
        blank()  # where Wrong was


def _shown(wanted: Sequence[int]) -> str:
    """Labels as they were typed; alone, what is not a digit is said in words.

    >>> _shown([4, 10, 2]), _shown([10])
    ('4x2', 'not a digit')
    """
    if set(wanted) == {NOT_A_DIGIT}:
        return _("not a digit")
    return "".join(map(_typed, wanted))


def _typed(label: int) -> str:
    return NOT_A_DIGIT_LETTER if label == NOT_A_DIGIT else str(label)


def _tell(problem: str) -> None:
    if problem:
        st.error(plain(problem), icon=":material/error:")
    else:
        blank()


def _fix_boxes(
    fixing: dict[str, Any], reading: Reading, photo: Callable[[], Photo], problem: str
) -> None:
    """The count of digits differs: the boxes that are sure are there, the others are drawn.

    problem: with the boxes that were to be kept.
    """
    state = st.session_state
    wanted = labels(fixing["typed"])
    sure: list[tuple[int, Box]] = fixing["found"]
    key = f"boxes-{fixing['round']}"
    try:
        picture = photo()
    except ImageError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    part = boxes.cutout_of(picture, kept.boxes_of(reading))
    given = [(box, _typed(wanted[place])) for place, box in sure]
    missing = [wanted[k] for k in range(len(wanted)) if k not in dict(sure)]
    drawn = len(boxes.drawn(state.get(key), part) or given) - len(given)
    found = len(shapes(reading.numbers))
    were = ngettext(
        "One digit was found, and you typed **{typed}**.",
        "{count} digits were found, and you typed **{typed}**.",
        found,
    ).format(count=found, typed=_shown(wanted))
    if given:
        were += " " + _("What is sure has its box.")
    place.told(f"{were} {_next_step(missing, drawn)}", "boxes-not")
    next_one = _typed(missing[max(0, min(drawn, len(missing) - 1))])
    with st.container(key="boxes", width=part.size[0]):
        boxes.canvas(picture, part, next_one, given, key)
    now = boxes.drawn(state.get(key), part)

    def keep() -> None:
        said = [label for _, text in now for label in labels(text)]
        if len(said) != len(now):
            raise CorrectionError(_("A box holds one digit: draw one round each."))
        seen = boxed(picture, [box for box, _ in now], in_service())
        pairs = list(zip(seen, said, strict=True))
        _keep(fixing["of"], reading, picture, pairs, fixing["typed"])
        leave()

    def leave() -> None:
        state.round = fixing["round"] + 1  # another canvas for the next time
        del state["fixing"]
        place.pass_on()

    def again() -> None:
        fixing["round"] = state.round = fixing["round"] + 1
        fixing["found"] = []  # perhaps one of these was wrong

    _tell(problem)  # between the boxes and what was pressed
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Keep"),
            type="primary",
            icon=":material/check:",
            key="keep-boxes",
            disabled=len(now) != len(wanted),
            on_click=_attempt,
            args=(fixing["of"], keep),
        )
        st.button(
            _("Start again"), icon=":material/restart_alt:", key="boxes-again", on_click=again
        )
        st.button(_("Leave it"), key="boxes-not", type="tertiary", on_click=leave)
    browser.reveal(key, "correct", "nearest")


def _next_step(missing: list[int], drawn: int) -> str:
    if drawn < len(missing):
        label = missing[max(0, drawn)]
        step = _("Draw a box round the **{label}** ({number} of {count}).")
        if label == NOT_A_DIGIT:
            step = _("Draw a box round what is not a digit ({number} of {count}).")
        return step.format(label=label, number=max(0, drawn) + 1, count=len(missing))
    if drawn == len(missing):
        return _("Keep the boxes if they fit.")
    more = drawn - len(missing)
    return ngettext(
        "One box is too many: start again.", "{count} boxes are too many: start again.", more
    ).format(count=more)
