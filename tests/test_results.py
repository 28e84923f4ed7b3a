"""What a report says of where it was made."""

from __future__ import annotations

import platform

import digitrec
from digitrec import results


def test_a_report_names_the_digitrec_that_made_it() -> None:
    """Which is not an installed package after `make app`."""
    found = results.versions()
    assert found["digitrec"] == digitrec.__version__
    assert found["python"] == platform.python_version()
    assert found["keras"]
