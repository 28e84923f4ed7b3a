"""The benchmarks' own arithmetic, and that the canvas they draw on is the page's."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import baseline, corpus, examples, scoring, tables
from benchmarks.constant import SEVEN
from benchmarks.corpus import Sample
from digitrec import examples as kept_examples
from digitrec.evaluation import score
from digitrec.example import New, Which
from digitrec.settings import ROOT, settings

CANVAS = {"PENS", "INK"}  # what the page's module calls them; its paper is white


def answer(name: str, text: str, confidence: float = 1.0) -> scoring.Answer:
    path = Path("photos", name)
    return scoring.Answer(Sample("photos", path), text, confidence, score(path, text))


def test_the_canvas_is_the_pages() -> None:
    # Read and not imported: the page's modules want a running Streamlit.
    page = ast.parse((ROOT / "digitrec" / "ui" / "drawing.py").read_text())
    said = {
        # A word marked for translation is the word.
        ast.unparse(node.targets[0]): ast.literal_eval(ast.unparse(node.value).replace("N_", ""))
        for node in page.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in CANVAS
    }
    assert said["PENS"]["Medium"] == corpus.PEN
    assert said["INK"] == "#{:02x}{:02x}{:02x}".format(*corpus.INK)
    assert (corpus.PAPER == 255).all()


def test_strokes_are_drawn_upright_and_centred() -> None:
    seven = corpus.on_canvas(SEVEN)
    assert seven.shape == (corpus.HEIGHT, corpus.WIDTH, 3)
    rows, columns = np.nonzero((seven != corpus.PAPER).any(axis=2))
    assert rows.max() - rows.min() == pytest.approx(0.6 * corpus.HEIGHT + corpus.PEN, abs=2)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(corpus.WIDTH / 2, abs=5)
    assert np.sum(rows < corpus.HEIGHT / 2) > np.sum(rows > corpus.HEIGHT / 2)  # the bar is on top


def test_a_dot_leaves_a_dot() -> None:
    assert (corpus.on_canvas([[[5, 5]]]) != corpus.PAPER).any()


def test_auroc_counts_ties_half() -> None:
    assert scoring.auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == 0.875


def test_the_curve_takes_the_surest_first_and_stops_where_answers_end() -> None:
    answers = [answer("1__1.png", "1", 0.9), answer("2__1.png", "3", 0.5), answer("4__1.png", "")]
    rows = list(scoring.curve_rows("photos", [*answers, answer("5__1.png", "5", 0.8)]))
    assert rows[0] == ("photos, 50 %", "50.00 %", "100.00 %", 0)
    assert rows[-1] == ("photos, 100 %", "75.00 %", "66.67 %", 1)


def test_the_folder_row_tells_wrong_from_silent() -> None:
    row = scoring.folder_row("photos", [answer("12__1.png", "13"), answer("4__1.png", "")])
    assert row == ("photos", 2, "0.00 %", "33.33 %", "50.00 %", 1, "0.000")


def test_a_missing_tutorial_leaves_its_columns_empty(tmp_path: Path) -> None:
    assert baseline.exact(None, [Sample("drawn", tmp_path / "1__1.png")]) == ()


def test_a_missing_evaluation_folder_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITREC_EVAL", str(tmp_path / "nowhere"))
    assert corpus.folder() is None
    assert "DIGITREC_EVAL" in corpus.missing("drawn")


@pytest.mark.parametrize("binned", [False, True])
def test_a_database_with_examples_is_not_filled(no_examples: None, binned: bool) -> None:
    kept = kept_examples.add([New(np.zeros((28, 28), np.uint8), b"png", 4, "drawn")]).ids
    if binned:
        kept_examples.delete(kept)
    with pytest.raises(SystemExit, match="name an empty one"):
        examples.main()
    assert kept_examples.count(Which()) + kept_examples.count(Which(binned=True)) == 1


def test_a_database_set_to_nothing_is_not_ones_own(
    no_examples: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITREC_DATABASE_URL", "")
    monkeypatch.setattr(examples, "concurrent", lambda: sys.exit(settings().database_url))
    with pytest.raises(SystemExit, match=r"^sqlite:///(?!.*/data/).*/examples\.sqlite$"):
        examples.main()


def test_a_table_is_markdown() -> None:
    assert tables.table(("a", "b"), [(1, 2)]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"
