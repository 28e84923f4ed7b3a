"""argparse's own words, so that the command line speaks one language."""

from __future__ import annotations

import argparse

from digitrec.language import N_, _

# What our parser can say, in Python 3.11 to 3.13; argparse translates it as it says it. The space
# before a colon that French has ends the translation of a heading, as 3.11 adds the colon itself.
WORDS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("not allowed with argument %s"),
    N_("expected one argument"),
    N_("expected at most one argument"),
    N_("expected at least one argument"),
    N_("ignored explicit argument %r"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
)


def translate() -> None:
    """Let argparse find its words in our catalogue, in the language spoken when it says them.

    gettext's global domain would do for its words alone, but goes by the system's language.
    """
    vars(argparse).update(_=_)
