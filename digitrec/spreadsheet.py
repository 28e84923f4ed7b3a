"""Text that comes from elsewhere in a CSV, which a spreadsheet may open."""

from __future__ import annotations

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what they begin with
TEXT = "'"  # what text begins with that is to stay text


def harmless(text: str) -> str:
    """What a spreadsheet would take for a formula becomes text.

    >>> harmless("=1+1.png"), harmless("1.png")
    ("'=1+1.png", '1.png')
    """
    return TEXT + text if text.lstrip(TEXT).startswith(FORMULAS) else text


def as_it_was(text: str) -> str:
    """What `harmless` was given."""
    marked = text.startswith(TEXT) and text.lstrip(TEXT).startswith(FORMULAS)
    return text[1:] if marked else text
