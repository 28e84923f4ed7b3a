"""What is read in a picture: numbers, their digits, and what was left out.

Readings are equal where the same was read in the same places, however long it took. The ink is
left out of that: it is an array, of which one does not ask whether it is equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    ink: Ink = field(compare=False)


@dataclass(frozen=True)
class Mark:
    """A point or comma within a number. text: "." or ",". after: how many digits are before it."""

    text: str
    box: Box
    after: int


@dataclass(frozen=True)
class Number:
    """text: the digits alone. confidence: that all are right, taking them as independent.

    corrected: what a person says is written instead; None where nobody did.
    """

    text: str
    confidence: float
    box: Box
    digits: tuple[Digit, ...]
    marks: tuple[Mark, ...] = ()
    corrected: str | None = None

    @property
    def written(self) -> str:
        """As it was corrected, or read."""
        return self.read if self.corrected is None else self.corrected

    @property
    def read(self) -> str:
        """The digits with the points and commas among them: "3.14" where the text is "314"."""
        text = self.text
        for mark in sorted(self.marks, key=lambda mark: mark.after)[::-1]:
            text = text[: mark.after] + mark.text + text[mark.after :]
        return text

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON.

        One that was corrected has what was read beside it, and no confidence; its digits are those
        that were read.
        """
        said = {
            "text": self.text,
            "written": self.written,
            "confidence": round(self.confidence, 4),
            "box": list(self.box),
            "digits": [
                {
                    "digit": digit.digit,
                    "confidence": round(digit.confidence, 4),
                    "box": list(digit.box),
                    "alternatives": [[d, round(p, 4)] for d, p in digit.alternatives],
                }
                for digit in self.digits
            ],
            "marks": [
                {"mark": mark.text, "after": mark.after, "box": list(mark.box)}
                for mark in self.marks
            ],
        }
        if self.corrected is None:
            return said
        text = "".join(letter for letter in self.corrected if letter.isdecimal())
        return said | {"text": text, "confidence": None, "corrected": True, "read": self.read}


@dataclass(frozen=True)
class Refusal:
    """Ink that is not a digit. reason: `NOT_DIGIT`, or `A_WORD` for several letters together."""

    box: Box
    reason: str
    ink: Ink = field(compare=False)


@dataclass(frozen=True)
class Reading:
    """What was read in a picture, in reading order.

    turned: degrees anticlockwise by which the picture was turned, because it reads better so; all
    boxes are in the turned picture.
    """

    numbers: tuple[Number, ...]
    refused: tuple[Refusal, ...]
    seconds: float = field(compare=False)
    notice: str | None = None
    turned: int = 0

    @property
    def text(self) -> str:
        """The digits of all numbers as they were read, joined by a space; "" where none were."""
        return " ".join(number.text for number in self.numbers)

    @property
    def written(self) -> str:
        """All numbers with their points and commas, as corrected, joined by a space."""
        return " ".join(number.written for number in self.numbers if number.written)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON."""
        numbers = [number.to_dict() for number in self.numbers]
        return {
            "text": " ".join(number["text"] for number in numbers if number["text"]),
            "written": self.written,
            "numbers": numbers,
            "refused": [{"box": list(r.box), "reason": r.reason} for r in self.refused],
            "turned": self.turned,
            "seconds": round(self.seconds, 4),
        }
