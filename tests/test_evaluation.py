from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrec import evaluation
from digitrec.evaluation import (
    Score,
    character_accuracy,
    edit_distance,
    exact_match,
    label,
    score,
    table,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("7__1.png", "7"),
        ("03451__12.jpg", "03451"),
        ("10_42__3.jpg", "10_42"),
        ("minus__4.jpeg", ""),
        ("photo.jpg", None),
        ("10_42.jpg", None),
        ("__1.jpg", None),
    ],
)
def test_labels_are_in_the_names(name, expected):
    assert label(Path("folder") / name) == expected


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("12", "", 2), ("1042", "142", 1), ("123", "321", 2), ("kitten", "sitting", 3)],
)
def test_edit_distance(a, b, distance):
    assert edit_distance(a, b) == distance


DIGITS = st.text("0123456789", max_size=8)


@given(DIGITS, DIGITS, DIGITS)
def test_edit_distance_is_a_distance(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


@pytest.mark.parametrize(
    ("path", "text", "errors"),
    [
        ("x/1042__1.png", "1042", 0),
        ("x/1042__1.png", "10 42", 0),  # how numbers were split is not scored
        ("x/10_42__1.png", "1042", 0),
        ("x/10_42__1.png", "42 10", 4),
        ("x/3.14__1.png", "314", 0),  # nor are its marks
        ("x/1-2_3,5__1.png", "12 35", 0),
        ("x/3.14__1.png", "3", 2),
        ("x/1042__1.png", "104", 1),
        ("x/7__1.png", "", 1),
        ("x/7__1.png", None, 1),
        ("x/plus__1.png", "", 0),
        ("x/plus__1.png", "4", 1),
        ("x/plus__1.png", None, 1),
        ("x_scatter/10_42__1.png", "42 10", 0),
        ("x_scatter/1,5_42__1.png", "42 15", 0),
        ("x_scatter/1_23__1.png", "12 3", 2),  # the same letters, other numbers
        ("x_scatter/10_42_7__1.png", "7 41", 3),
        ("x_scatter/10__1.png", "10 5", 1),
        ("x_scatter/10__1.png", "", 2),
    ],
)
def test_errors(path, text, errors):
    assert score(Path(path), text).errors == errors


@given(st.lists(DIGITS.filter(bool), min_size=1, max_size=5), st.randoms())
def test_scattered_numbers_have_no_order(numbers, random):
    shuffled = random.sample(numbers, len(numbers))
    assert score(Path(f"x_scatter/{'_'.join(numbers)}__1.png"), " ".join(shuffled)).exact


def test_a_picture_without_a_label_has_no_score():
    with pytest.raises(ValueError, match=r"must be named label__n\.ext"):
        score(Path("photo.jpg"), "1")


def test_shares():
    scores = [Score(0, 4, 0.1), Score(1, 4, 0.1), Score(9, 2, 0.1), Score(0, 0, 0.1)]
    assert exact_match(scores) == 0.5
    assert character_accuracy(scores) == 7 / 10  # no picture counts below 0
    assert character_accuracy([Score(1, 0, 0.1)]) is None


ROWS = {"letters": [Score(0, 0, 0.5)], "a/b": [Score(1, 8, 0.25), Score(0, 8, 0.75)]}


def test_the_table_is_aligned():
    assert table(ROWS).splitlines() == [
        "folder   n   exact  characters  s/image",
        "a/b      2   50.0%       93.8%    0.500",
        "letters  1  100.0%           -    0.500",
        "total    3   66.7%       93.8%    0.500",
    ]


def test_the_table_s_words_are_in_the_language_spoken_and_its_figures_are_not(french, monkeypatch):
    monkeypatch.setattr(evaluation, "_", str.upper)
    head, first, *_, last = table(ROWS).splitlines()
    assert head.split() == ["FOLDER", "n", "EXACT", "CHARACTERS", "S/IMAGE"]
    assert first.split() == ["a/b", "2", "50.0%", "93.8%", "0.500"]
    assert last.startswith("TOTAL")
