"""How the page puts things into words."""

from __future__ import annotations

import re

from digitrec.reader import Reading
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
