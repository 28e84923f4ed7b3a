"""What is written whole or refused, and the refusals in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from digitrec import storage


def test_what_cannot_be_written_is_called_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "none" / "a.txt", tmp_path / "folder"):
        with pytest.raises(OSError) as refused:  # noqa: PT011  of two kinds
            storage.write(path, "x")
        assert refused.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_longest_name_there_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    storage.write(path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a" * 255]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "this user may not write there"),
        (errno.ENOENT, "there is no such file or folder"),
        (errno.ENOTDIR, "a part of the path is no folder"),
        (errno.EISDIR, "it is a folder"),
        (errno.ENAMETOOLONG, "the name is too long"),
        (errno.ELOOP, "its links lead in a circle"),
        (errno.EBUSY, os.strerror(errno.EBUSY).lower()),
    ],
)
def test_what_the_system_refuses_is_told_in_our_words(code: int, words: str) -> None:
    refused = OSError(code, os.strerror(code), "a.txt")
    assert storage.reason(refused) == f"{words} (a.txt)."
    assert str(storage.words(refused)) == words


def test_what_may_not_be_read_is_not_called_unwritable() -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", "a.txt")
    assert str(storage.words(refused, reading=True)) == "this user may not read it"
