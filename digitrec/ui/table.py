"""Readings as rows: one a number, for the page, a CSV and a JSON file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from digitrec import Number, Reading
from digitrec.language import _
from digitrec.spreadsheet import harmless
from digitrec.ui.words import certainty, percent, tone, tone_of

COLUMNS = ("file", "number", "confidence", "box", "note")  # box: x y width height, in pixels


def rows(numbers: Sequence[Number]) -> list[dict[str, str]]:
    """The numbers as the page's table has them."""
    return [
        {
            "number": number.written or "–",
            "sure": ""
            if number.corrected is not None
            else f"{certainty(number.confidence)}, {percent(number.confidence)}",
            "note": note(number),
            "tone": tone_of(number),
        }
        for number in numbers
    ]


def note(number: Number) -> str:
    """What a corrected number was read as, or its doubtful digits may be; "" where none is."""
    if number.corrected is not None:
        read = number.read or _("not a digit")
        return _("corrected, read as {number}").format(number=read)
    said = [
        _("the {digit} may be a {other}").format(digit=digit.digit, other=digit.alternatives[1][0])
        for digit in number.digits
        if tone(digit.confidence) == "doubt" and len(digit.alternatives) > 1
    ]
    return ", ".join(said)


def to_csv(readings: Sequence[tuple[str, Reading | str]]) -> bytes:
    """A row a number and a row a refused shape; of a picture with neither, one row with a note.

    In UTF-8, with the mark that Excel wants at its beginning: accents are garbled without.

    readings: file names, each with its reading or the sentence that says why there is none.
    """
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for given, reading in readings:
        name = harmless(given)
        if isinstance(reading, str):
            table.writerow((name, "", "", "", harmless(reading)))
            continue
        for number in reading.numbers:
            box = " ".join(map(str, number.box))
            confidence = "" if number.corrected is not None else round(number.confidence, 4)
            table.writerow((name, number.written, confidence, box, note(number)))
        for shape in reading.refused:
            box = " ".join(map(str, shape.box))
            table.writerow(
                (name, "", "", box, _("{reason}, left out").format(reason=_(shape.reason)))
            )
        if not reading.numbers and not reading.refused:
            table.writerow((name, "", "", "", _("nothing found")))
    return file.getvalue().encode("utf-8-sig")


def to_json(readings: Sequence[tuple[str, Reading | str]]) -> str:
    """A list with an object a file, as the command line prints them."""
    objects = [
        {"file": name} | ({"error": reading} if isinstance(reading, str) else reading.to_dict())
        for name, reading in readings
    ]
    return json.dumps(objects, indent=2)
