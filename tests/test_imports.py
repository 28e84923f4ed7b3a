"""Folders and zips of labelled pictures, and the tricks that zips play; and the way back out."""

from __future__ import annotations

import codecs
import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import synthetic
from digitrec import backup, examples, exports, imports, schema
from digitrec.datasets import mnist
from digitrec.example import NOT_A_DIGIT, Example, New, Which
from digitrec.exports import ExportError
from digitrec.imports import ImportRefusedError
from digitrec.settings import ROOT, settings


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIGITREC_DATABASE_URL", f"sqlite:///{tmp_path / 'db' / 'one.sqlite'}")
    settings.cache_clear()
    yield
    schema.close()
    settings.cache_clear()


def picture(text: str) -> bytes:
    pixels = synthetic.sheet(text, 1, ink="black", shadow=0).pixels
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def labels(found: imports.Found) -> dict[str, tuple[int, ...]]:
    return {item.name: item.labels for item in found.items}


def test_both_layouts_are_understood(tmp_path: Path) -> None:
    names = ("4__1.png", "a/10_42__2.jpg", "7/b.png", "7/a__1.png", "not_a_digit/b.png", "a__1.png")
    others = ("plain.png", "a/4x__1.png", "notes.txt", ".hidden/3__1.png", "12/c.png")
    for name in (*names, *others):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"")
    (tmp_path / "in" / "5__link.png").symlink_to(tmp_path / "in" / "4__1.png")
    found = imports.looked_into(tmp_path / "in")
    assert labels(found) == dict(
        zip(names, [(4,), (1, 0, 4, 2), (7,), (7,), (NOT_A_DIGIT,), (NOT_A_DIGIT,)], strict=True)
    )
    assert {name for name, _ in found.refused} == {"plain.png", "a/4x__1.png", "12/c.png"}


LOOKING = """
import sys
from pathlib import Path
from digitrec import imports
try:
    found = imports.looked_into(Path(sys.argv[1]))
    print([item.name for item in found.items], found.refused)
except imports.ImportRefusedError as error:
    print(error)
"""


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, heeding_modes: list[str]) -> None:
    for name in ("4__1.png", "closed/4__1.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"")
    for folder, said in (
        ("closed", "['4__1.png'] (('closed', 'this user may not read it'),)"),
        ("", f"{tmp_path / 'in'} cannot be opened: this user may not read it."),
    ):
        (tmp_path / "in" / folder).chmod(0)
        command = [*heeding_modes, sys.executable, "-c", LOOKING, tmp_path / "in"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        (tmp_path / "in" / folder).chmod(0o755)
        assert done.stdout == f"{said}\n"


def test_pictures_are_read_and_cut_into_their_digits() -> None:
    blank = cv2.imencode(".png", np.full((60, 60), 255, np.uint8))[1].tobytes()
    small = cv2.imencode(".png", mnist().x_test[0])[1].tobytes()  # a 7, light on dark
    found = imports.in_files(
        [
            ("407__1.png", picture("407")),
            ("7/mnist.png", small),
            ("9__damaged.png", picture("9")[:200]),
            ("12__2.png", picture("407")),
            ("3__blank.png", blank),
            ("x__1.png", picture("5")),
        ]
    )
    progress: list[float] = []
    taken = imports.taken(found, "Ada", progress.append)
    assert [(new.read, new.label) for new in taken.new] == [
        *((4, 4), (0, 0), (7, 7)),
        *((7, 7), (5, NOT_A_DIGIT)),
    ]
    assert {new.writer for new in taken.new} == {"Ada"}
    why = dict(taken.refused)
    assert why["12__2.png"] == "it is named for 2 digits, and 3 were found"
    assert why["3__blank.png"] == "there is no ink in it"
    assert "damaged" in why["9__damaged.png"]
    assert progress[-1] == 1


def test_a_zip_is_taken_like_a_folder_and_nothing_is_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "in.zip"
    file.write_bytes(zipped({"set/4__1.png": picture("4"), "set/": b""}).getvalue())
    before = set(tmp_path.iterdir())
    taken = imports.taken(imports.looked_into(file))
    assert [new.label for new in taken.new] == [4]
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["../4__1.png", "/4__1.png", "C:/4__1.png", "a\\..\\..\\4__1.png"])
def test_paths_that_lead_out_are_refused(name: str) -> None:
    archive = zipped({name: b"", "5__1.png": b""})
    found = imports.in_zip(archive)
    assert labels(found) == {"5__1.png": (5,)}
    assert [why for _, why in found.refused] == ["its path leads out of the archive"]


def test_links_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("4__1.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert dict(imports.in_zip(buffer).refused) == {"4__1.png": "it is a link"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_bounds_is_refused_whatever_it_says(
    method: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in ("4__1.png", backup.FILE):
            archive.writestr(name, bytes(10**7))
            archive.getinfo(name).file_size = 1000  # a lie, written as the archive is closed
        archive.writestr("5__1.png", b"", zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("it was unpacked"))
    found = imports.in_zip(buffer)
    assert labels(found) == {"5__1.png": (5,)}
    why = "its compression is not deflate: zip it again"
    assert found.refused == (("4__1.png", why), (backup.FILE, why))


def test_a_bomb_is_refused_by_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_most_unpacked", lambda: 1)
    content = np.random.default_rng(1).bytes(2 * 10**6)  # larger than that as a zip too
    (tmp_path / "in.zip").write_bytes(zipped({"4__1.png": content}).getvalue())
    with pytest.raises(ImportRefusedError, match="more than"):
        imports.looked_into(tmp_path / "in.zip")
    with pytest.raises(ImportRefusedError, match="more than"):
        imports.in_zip(zipped({"4__1.png": bytes(2 * 10**6)}))


def test_a_bomb_is_refused_by_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive may lie about its sizes; what is unpacked is counted."""
    monkeypatch.setattr(imports, "_most_unpacked", lambda: 3)
    found = imports.in_zip(zipped({f"4__{k}.png": bytes(10**6) for k in range(3)}))
    budget = imports._Budget(left=10**6 + 5)
    items = [item.content.func(*item.content.args[:2], budget) for item in found.items[:1]]
    assert len(items[0]) == 10**6
    with pytest.raises(ImportRefusedError, match="more than"):
        found.items[1].content.func(*found.items[1].content.args[:2], budget)


def test_a_picture_over_the_limit_is_refused_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITREC_MAX_MEGABYTES", "1")
    settings.cache_clear()
    files = {"4__1.png": bytes(10**6 + 1), "4__2.png": picture("4")}
    taken = imports.taken(imports.in_zip(zipped(files)))
    assert len(taken.new) == 1
    assert dict(taken.refused) == {"4__1.png": "it is larger than 1 MB"}
    for name, content in {**files, "4__3.png": b""}.items():
        (tmp_path / name).write_bytes(content)
    found = imports.looked_into(tmp_path)
    (tmp_path / "4__3.png").unlink()  # after the look
    taken = imports.taken(found)
    assert len(taken.new) == 1
    assert "larger than 1 MB" in dict(taken.refused)["4__1.png"]
    assert dict(taken.refused)["4__3.png"] == "There is no such file."


def test_a_damaged_entry_costs_only_itself() -> None:
    content = picture("4")
    raw = zipped({"4__1.png": content, "4__2.png": content}).getvalue()
    spoilt = bytearray(raw)
    spoilt[100:140] = bytes(40)
    taken = imports.taken(imports.in_zip(io.BytesIO(bytes(spoilt))))
    assert [len(taken.new), len(taken.refused)] == [1, 1]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06"])
def test_what_is_no_zip_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.zip").write_bytes(content)
    with pytest.raises(ImportRefusedError, match="not a zip"):
        imports.looked_into(tmp_path / "in.zip")
    with pytest.raises(ImportRefusedError, match="no folder or zip"):
        imports.looked_into(tmp_path / "nowhere")
    with pytest.raises(ImportRefusedError, match=r"cannot be opened: the name is too long\.$"):
        imports.looked_into(tmp_path / ("n" * 300))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_FILES", 2)
    with pytest.raises(ImportRefusedError, match="more than 2 files"):
        imports.in_files((f"4__{k}.png", b"") for k in range(3))


def test_examples_are_exported_in_every_kind(tmp_path: Path) -> None:
    files = [("407__1.png", picture("407")), ("not_a_digit__1.png", picture("5"))]
    examples.add(imports.taken(imports.in_files(files), "=Ada").new)
    kept = examples.find(Which(), 10)
    for name in ("out.zip", "out.npz", "out.csv"):
        assert exports.write(tmp_path / name) == 4
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays["y"].tolist() == [4, 0, 7, NOT_A_DIGIT]
        assert (arrays["x"][0] == kept[-1].ink).all()
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()))
    assert [row["label"] for row in rows] == ["4", "0", "7", "10"]
    assert (tmp_path / "out.csv").read_bytes().startswith(codecs.BOM_UTF8)  # for Excel
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.read("examples/examples.csv") == (tmp_path / "out.csv").read_bytes()
    assert rows[0]["writer"] == "'=Ada"  # no spreadsheet takes it for a formula


def test_a_link_to_an_export_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "out.csv").symlink_to("there.csv")
    for _ in range(2):  # it leads nowhere, and then to a file
        exports.write(tmp_path / "out.csv")
        assert (tmp_path / "there.csv").read_text("utf-8-sig").startswith("id,label")
        assert (tmp_path / "out.csv").is_symlink()


def test_no_name_in_the_table_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    """A zip that is restored may say anything of where its examples come from."""
    said = {"source": "-1+1", "version": "=HYPERLINK(1)", "writer": "@Ada"}
    examples.add([New(np.zeros((28, 28), np.uint8), b"png", 4, **said)])
    exports.write(tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines())
    assert {name: row[name] for name in said} == {name: f"'{text}" for name, text in said.items()}


def facts(found: Example) -> tuple[object, ...]:
    """All but its id, which is the database's own."""
    one = {field.name: getattr(found, field.name) for field in fields(found)}
    return (*(one[name] for name in sorted(one) if name not in ("id", "ink")), found.ink.tobytes())


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[Example]]:
    """Four examples in a zip, which another database has none of; and what they were."""
    monkeypatch.setattr(examples.time, "time", lambda: 1_600_000_000.123456)
    files = [("407__1.png", picture("407")), ("not_a_digit__1.png", picture("5"))]
    a, b, *_ = imports.taken(imports.in_files(files), "=Ada").new
    odd = replace(b, read=None, version=None, confidence=None, writer="é" * 64, source="camera")
    examples.add([a, odd, *_])
    monkeypatch.undo()
    kept = examples.find(Which(), 10)
    exports.write(tmp_path / "out.zip")
    monkeypatch.setenv("DIGITREC_DATABASE_URL", f"sqlite:///{tmp_path / 'db' / 'two.sqlite'}")
    settings.cache_clear()
    return tmp_path / "out.zip", kept


def test_what_was_exported_is_restored_as_it_was(exported: tuple[Path, list[Example]]) -> None:
    path, kept = exported
    taken = imports.taken(imports.looked_into(path), "Bob")
    assert (taken.refused, taken.there) == ((), 0)
    examples.add(taken.new)
    assert list(map(facts, examples.find(Which(), 10))) == list(map(facts, kept))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert examples.crop(1) == archive.read(names[0])
    assert names[3:] == [
        *("examples/not_a_digit__4.png", "examples/examples.csv", "examples/digitrec.npy")
    ]


def test_what_was_exported_without_a_writer_is_given_one(tmp_path: Path) -> None:
    examples.add(imports.taken(imports.in_files([("4__1.png", picture("4"))])).new)
    exports.write(tmp_path / "out.zip")
    examples.delete([1])
    (new,) = imports.taken(imports.looked_into(tmp_path / "out.zip"), "Bob").new
    assert new.writer == "Bob"


def test_what_is_there_already_stays_and_is_not_taken_twice(
    exported: tuple[Path, list[Example]],
) -> None:
    path, _ = exported
    examples.add(imports.taken(imports.looked_into(path)).new)
    examples.relabel({1: 9})  # since the export
    examples.delete([2])
    taken = imports.taken(imports.looked_into(path))
    assert (len(taken.new), taken.there, taken.refused) == (1, 3, ())
    examples.add(taken.new)
    assert sorted(one.label for one in examples.find(Which(), 10)) == [0, 7, 9, NOT_A_DIGIT]


def test_an_export_that_was_unpacked_or_changed_is_taken_too(
    exported: tuple[Path, list[Example]], tmp_path: Path
) -> None:
    """One that was renamed is read as what it is called now, and one that was taken out is not."""
    path, kept = exported
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    folder = tmp_path / "unpacked" / "examples"
    (folder / "4__1.png").rename(folder / "9__1.png")
    (folder / "7__3.png").unlink()
    found = imports.looked_into(tmp_path / "unpacked")
    assert [item.labels for item in found.items if item.kept is None] == [(9,)]
    examples.add(imports.taken(found).new)
    assert {facts(one) for one in examples.find(Which(labels=(0, 10)), 10)} == {
        facts(one) for one in kept if one.label in (0, 10)
    }
    assert examples.count(Which()) == 3
    files = [(f"in/{file.name}", file.read_bytes()) for file in folder.iterdir()]
    assert imports.taken(imports.in_files(files)).there == 2


def test_an_export_is_restored_however_many_it_holds(
    exported: tuple[Path, list[Example]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_FILES", 1)
    monkeypatch.setattr(imports, "in_service", None)  # and no model is asked
    assert len(imports.taken(imports.looked_into(exported[0])).new) == 4


def rows(**changes: object) -> NDArray[np.void]:
    one = np.zeros(1, backup.ROW)
    for name, value in changes.items():
        one[name] = value
    return one


def npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        npy(rows())[:200],
        npy(rows()) + b"x",
        npy(rows()).replace(b"(1,)", b"(9,)"),
        npy(rows()).replace(b"(1,)", b"(1,"),
        npy(np.zeros(3, np.uint8)),
        npy(rows()[["id", "label"]]),
        npy(np.array([{"label": 4}])),
        npy(rows(label=11)),
        npy(rows(read=-2)),
        npy(rows(confidence=1.5)),
        npy(rows(created=np.nan)),
        npy(rows(created=1e300)),
        npy(rows(writer=b"\xff")),
    ],
)
def test_an_export_that_is_not_as_it_was_written_is_a_sentence(content: bytes) -> None:
    files = {"4__0.png": picture("4"), backup.FILE: content}
    with pytest.raises(ImportRefusedError, match=r"digitrec\.npy is damaged"):
        imports.in_zip(zipped(files))


def test_an_export_of_more_than_may_be_kept_is_not_unpacked(
    exported: tuple[Path, list[Example]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITREC_MAX_EXAMPLES", "3")
    settings.cache_clear()
    with pytest.raises(ImportRefusedError, match="more than may be kept"):
        imports.looked_into(exported[0])
    content = npy(rows())
    with pytest.raises(ImportRefusedError, match="more than may be kept"):
        imports.in_zip(zipped({f"{k}/{backup.FILE}": content for k in range(4)}))
    read = []
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda _, n: read.append(n) or b"")
    with pytest.raises(ImportRefusedError, match="damaged"):
        imports.in_zip(zipped({backup.FILE: bytes(10**7)}))
    assert read == [backup.largest() + 1]


def test_a_crop_that_is_no_png_is_left_out(exported: tuple[Path, list[Example]]) -> None:
    path, _ = exported
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["examples/4__1.png"] = b"GIF89a"
    taken = imports.taken(imports.in_zip(zipped(files)))
    assert (len(taken.new), taken.refused) == (3, (("examples/4__1.png", "it is damaged"),))


def test_an_export_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"must end in \.zip, \.npz, \.csv"):
        exports.write(tmp_path / "out.tar")
    with pytest.raises(ExportError, match="cannot be written"):
        exports.write(tmp_path / "nowhere" / "out.csv")
    examples.add([New(np.zeros((28, 28), np.uint8), b"png", 4, "drawn")])
    assert exports.write(tmp_path / "one.csv") == 1
