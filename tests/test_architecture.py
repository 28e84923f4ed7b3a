"""Who may import what: the page alone knows Streamlit, and reading never loads TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from digitrec.settings import ROOT

HEAVY = ("tensorflow", "keras", "streamlit", "sklearn", "pandas", "scipy")
LIBRARY = sorted(
    path
    for path in (ROOT / "digitrec").rglob("*.py")
    if path.relative_to(ROOT / "digitrec").parts[0] != "ui"
)


def imported(path: Path) -> set[str]:
    """The packages that a module imports anywhere in it, by their first names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names} | {
        "digitrec.ui" for name in names if name.startswith("digitrec.ui")
    }


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_nothing_outside_the_page_knows_the_page(path):
    assert not imported(path) & {"streamlit", "streamlit_drawable_canvas", "digitrec.ui"}


def test_the_library_s_modules_are_found():
    assert {"reader.py", "cli.py", "training.py"} <= {path.name for path in LIBRARY}


def test_only_training_knows_keras():
    users = {path.stem for path in LIBRARY if imported(path) & {"keras", "tensorflow"}}
    assert users <= {"networks", "training", "line_training", "export", "adapt"}


def test_the_label_of_what_is_not_a_digit_has_one_home():
    every = (ROOT / "digitrec").rglob("*.py")
    assert [path.stem for path in every if "\nNOT_A_DIGIT =" in path.read_text()] == ["example"]


def test_reading_in_a_fresh_process_loads_nothing_heavy():
    code = (
        "import sys, numpy, digitrec; digitrec.read(numpy.full((60, 60), 255, 'u1'));"
        "page = numpy.full((90, 90), 255, 'u1'); page[20:70, 40:46] = 0; digitrec.read(page);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
