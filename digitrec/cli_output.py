"""What every command takes and prints alike: files and their names, and complaints."""

from __future__ import annotations

import codecs
import os
import re
import sys
from pathlib import Path

FAILED = 1  # the exit status when a part of the work failed
# Breaks lines, steers terminals, or reverses what comes after it.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def open_streams() -> None:
    """Let standard streams that are closed lead nowhere, and stdout take any text.

    Closed, the next files to be opened would be them, and hold what libraries print.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    if hasattr(sys.stdout, "reconfigure"):
        codecs.register_error("nearest", _nearest)
        sys.stdout.reconfigure(errors="nearest")


def _nearest(error: UnicodeError) -> tuple[bytes, int]:
    """A file's name need not be text, and is printed as it is; what an encoding lacks is not.

    French has spaces that Latin-1 lacks, and the progress of a run must not end it.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    near = b" " if letter.isspace() else b"?"
    if "\udc80" <= letter <= "\udcff":  # a byte, as Python reads names
        near = os.fsencode(letter)
    return near, error.start + 1


def file_name(text: str) -> Path:
    """An argument that names a file or a folder: ``Path("")`` would be the working folder."""
    if not text:
        raise ValueError(text)
    return Path(text)


def complain(error: object) -> None:
    """Print a sentence on stderr, on one line."""
    print(on_one_line(error), file=sys.stderr, flush=True)


def on_one_line(name: object) -> str:
    """A name whose line breaks, tabs and other control characters are escaped, as in Python."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(name))
