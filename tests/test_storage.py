"""What is written whole or refused, and the refusals in words."""

from __future__ import annotations

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
