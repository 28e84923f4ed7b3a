"""How the page puts things into words."""

from __future__ import annotations

import re
from datetime import datetime

from digitrec.reading import Number, Reading
from digitrec.settings import settings


def plain(text: str) -> str:
    """Text that did not come from us, with everything Markdown would act on made literal."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|:~$])", r"\\\1", text)


def certainty(confidence: float) -> str:
    """A confidence in [0, 1], in words.

    >>> certainty(0.998), certainty(0.95), certainty(0.7), certainty(0.4)
    ('Very sure', 'Sure', 'Doubtful', 'A guess')
    """
    if confidence < 0.5:
        return "A guess"
    if confidence < settings().doubt_below:
        return "Doubtful"
    return "Very sure" if confidence >= 0.99 else "Sure"


def tone(confidence: float) -> str:
    """The CSS class of what was read with this confidence: "sure" or "doubt"."""
    return "sure" if confidence >= settings().doubt_below else "doubt"


def percent(confidence: float) -> str:
    """A confidence in [0, 1] as a percentage that never claims to be perfect.

    >>> percent(0.934), percent(0.99996), percent(0.0004)
    ('93 %', '> 99 %', '< 1 %')
    """
    if confidence > 0.99:
        return "> 99 %"
    return f"{confidence:.0%}".replace("%", " %") if confidence >= 0.01 else "< 1 %"


def refusal(reading: Reading) -> str:
    """One sentence about the shapes that were refused; "" when there are none."""
    count = len(reading.refused)
    if not count:
        return ""
    reason = reading.refused[0].reason if count == 1 else "not digits"
    if reading.numbers:
        return (
            f"One shape is {reason}, so it is left out."
            if count == 1
            else f"{count} shapes are {reason}, so they are left out."
        )
    return f"This is {reason}." if count == 1 else f"These {count} shapes are {reason}."


def written(number: Number) -> str:
    """A number with the decimal points and commas that stand in it."""
    text = number.text
    for mark in sorted(number.marks, key=lambda mark: mark.after, reverse=True):
        text = text[: mark.after] + mark.text + text[mark.after :]
    return text


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(7), duration(52), duration(130), duration(5000)
    ('a few seconds', '50 s', '2 min', '1 h 23 min')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def share(value: float | None, digits: int = 2) -> str:
    """A share in [0, 1] as a percentage; a dash for none.

    >>> share(0.98925, 3), share(None)
    ('98.925 %', '–')
    """
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def mean_and_std(mean: float | None, std: float | None) -> str:
    """Of the folds' accuracies, as percentages.

    >>> mean_and_std(0.98925, 0.00088)
    '98.925 ± 0.088 %'
    """
    return "–" if mean is None else f"{100 * mean:.3f} ± {100 * (std or 0):.3f} %"


def size(count: int) -> str:
    """A number of bytes.

    >>> size(5_758_604)
    '5.8 MB'
    """
    return f"{count / 1e6:.1f} MB"


def moment(when: datetime) -> str:
    """A date and time of day where the computer is."""
    return f"{when.astimezone():%-d %B %Y, %H:%M}"


def recipe(name: str | None, schedule: str | None) -> str:
    """A recipe and its schedule as a name.

    >>> recipe("compact", "quick"), recipe("classic", "tutorial"), recipe(None, None)
    ('Compact, quick', 'Classic, tutorial', 'Unknown recipe')
    """
    return ", ".join(filter(None, (name, schedule))).capitalize() or "Unknown recipe"
