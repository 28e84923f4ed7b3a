"""How the page puts things into words."""

from __future__ import annotations

import re
from datetime import datetime

from digitrec import language
from digitrec.language import N_, _, duration, ngettext, number
from digitrec.reading import A_WORD, Number, Reading
from digitrec.settings import settings

MONTHS = (
    *(N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June")),
    *(N_("July"), N_("August"), N_("September"), N_("October"), N_("November"), N_("December")),
)
RECIPES: dict[tuple[str | None, str | None], str] = {
    ("compact", "quick"): N_("Compact, quick"),
    ("compact", "thorough"): N_("Compact, thorough"),
    ("compact", "full"): N_("Compact, full"),
    ("classic", "tutorial"): N_("Classic, the tutorial's"),
    ("adapted", None): N_("Adapted"),
}


def plain(text: str) -> str:
    """Text that did not come from us, with everything Markdown would act on made literal."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|:~$])", r"\\\1", text)


def certainty(confidence: float) -> str:
    """A confidence in [0, 1], in words.

    >>> certainty(0.998), certainty(0.95), certainty(0.7), certainty(0.4)
    ('Very sure', 'Sure', 'Doubtful', 'A guess')
    """
    if confidence < 0.5:
        return _("A guess")
    if confidence < settings().doubt_below:
        return _("Doubtful")
    return _("Very sure") if confidence >= 0.99 else _("Sure")


def tone(confidence: float) -> str:
    """The CSS class of what was read with this confidence: "sure" or "doubt"."""
    return "sure" if confidence >= settings().doubt_below else "doubt"


def tone_of(number: Number) -> str:
    """The same of a number; one that was corrected is beyond doubt."""
    return "sure" if number.corrected is not None else tone(number.confidence)


def least_sure(reading: Reading) -> float | None:
    """As sure as its least sure number is a reading; None where none is as it was read."""
    as_read = [one.confidence for one in reading.numbers if one.corrected is None]
    return min(as_read, default=None)


def corrections(reading: Reading) -> str:
    """What of a reading was corrected; "" where nothing was."""
    nothing = _("not a digit")
    changes = [
        f"{number.read or nothing} → {number.written or nothing}"
        for number in reading.numbers
        if number.corrected is not None
    ]
    return _("Corrected: {changes}").format(changes=", ".join(changes)) if changes else ""


def percent(confidence: float) -> str:
    """A confidence in [0, 1] as a percentage that never claims to be perfect.

    >>> percent(0.934), percent(0.99996), percent(0.0004)
    ('93 %', '> 99 %', '< 1 %')
    """
    if confidence > 0.99:
        return f"> {language.percent(0.99)}"
    return language.percent(confidence) if confidence >= 0.01 else f"< {language.percent(0.01)}"


def refusal(reading: Reading) -> str:
    """One sentence about the shapes that were refused; "" when there are none."""
    count = len(reading.refused)
    if not count:
        return ""
    if all(shape.reason == A_WORD for shape in reading.refused):
        said = ngettext("One word is left out.", "{count} words are left out.", count)
        return said.format(count=count)
    said = ngettext("This is not a digit.", "These {count} shapes are not digits.", count)
    if reading.numbers:
        said = ngettext(
            "One shape is not a digit, so it is left out.",
            "{count} shapes are not digits, so they are left out.",
            count,
        )
    return said.format(count=count)


def about(seconds: float) -> str:
    """A time that was estimated.

    >>> about(7), about(130)
    ('a few seconds', 'about 2 min')
    """
    said = duration(seconds)
    return said if seconds < 10 else _("about {time}").format(time=said)


def share(value: float | None, digits: int = 2) -> str:
    """A share in [0, 1] as a percentage; a dash for none.

    >>> share(0.98925, 3), share(None)
    ('98.925 %', '–')
    """
    return "–" if value is None else language.percent(value, digits)


def mean_and_std(mean: float | None, std: float | None) -> str:
    """Of the folds' accuracies, as percentages.

    >>> mean_and_std(0.98925, 0.00088)
    '98.925 ± 0.088 %'
    """
    if mean is None:
        return "–"
    return f"{number(100 * mean, 3)} ± {language.percent(std or 0, 3)}"


def size(count: int) -> str:
    """A number of bytes.

    >>> size(5_758_604)
    '5.8 MB'
    """
    return _("{count} MB").format(count=number(count / 1e6, 1))


def moment(when: datetime) -> str:
    """A date and time of day where the computer is."""
    here = when.astimezone()
    return _("{day} {month} {year}, {time}").format(
        day=here.day, month=_(MONTHS[here.month - 1]), year=here.year, time=f"{here:%H:%M}"
    )


def recipe(name: str | None, schedule: str | None) -> str:
    """A recipe and its schedule as a name.

    >>> recipe("compact", "quick"), recipe("classic", "tutorial"), recipe(None, None)
    ('Compact, quick', "Classic, the tutorial's", 'Unknown recipe')
    """
    if words := RECIPES.get((name, schedule)):
        return _(words)
    return ", ".join(filter(None, (name, schedule))).capitalize() or _("Unknown recipe")
