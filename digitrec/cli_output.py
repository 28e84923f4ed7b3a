"""What every command prints alike: complaints, and the names of files."""

from __future__ import annotations

import re
import sys

FAILED = 1  # the exit status when a part of the work failed
# Breaks lines, steers terminals, or reverses what comes after it.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def complain(error: object) -> None:
    print(error, file=sys.stderr, flush=True)


def on_one_line(name: object) -> str:
    """A name whose line breaks, tabs and other control characters are escaped, as in Python."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(name))
