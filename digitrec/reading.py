"""What is read in a picture: numbers, their digits, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from digitrec.language import N_
from digitrec.preprocess import Ink

NOT_DIGIT, A_WORD = N_("not a digit"), N_("a word")  # reasons to leave ink out

Box = tuple[int, int, int, int]  # x, y, w, h in pixels of the upright original


@dataclass(frozen=True)
class Digit:
    """alternatives: the three likeliest digits, best first. ink: (28, 28), what the network saw."""

    digit: int
    confidence: float
    box: Box
    alternatives: tuple[tuple[int, float], ...]
    ink: Ink


@dataclass(frozen=True)
class Mark:
    """A point or comma within a number. text: "." or ",". after: how many digits are before it."""

    text: str
    box: Box
    after: int


@dataclass(frozen=True)
class Number:
    """confidence: the probability that every digit is right, taking them as independent."""

    text: str
    confidence: float
    box: Box
    digits: tuple[Digit, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Ink that is not a digit. reason: `NOT_DIGIT`, or `A_WORD` for several letters together."""

    box: Box
    reason: str
    ink: Ink


@dataclass(frozen=True)
class Reading:
    """What was read in a picture, in reading order.

    turned: degrees anticlockwise by which the picture was turned, because it reads better so; all
    boxes are in the turned picture.
    """

    numbers: tuple[Number, ...]
    refused: tuple[Refusal, ...]
    seconds: float
    notice: str | None = None
    turned: int = 0

    @property
    def text(self) -> str:
        """All numbers joined by a space; "" when nothing was read."""
        return " ".join(number.text for number in self.numbers)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON."""
        return {
            "text": self.text,
            "numbers": [
                {
                    "text": number.text,
                    "confidence": round(number.confidence, 4),
                    "box": list(number.box),
                    "digits": [
                        {
                            "digit": digit.digit,
                            "confidence": round(digit.confidence, 4),
                            "box": list(digit.box),
                            "alternatives": [[d, round(p, 4)] for d, p in digit.alternatives],
                        }
                        for digit in number.digits
                    ],
                    "marks": [
                        {"mark": mark.text, "after": mark.after, "box": list(mark.box)}
                        for mark in number.marks
                    ],
                }
                for number in self.numbers
            ],
            "refused": [{"box": list(r.box), "reason": r.reason} for r in self.refused],
            "turned": self.turned,
            "seconds": round(self.seconds, 4),
        }
