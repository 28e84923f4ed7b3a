"""Labelled pictures in a folder or a zip -> examples, with a look at what will be taken first.

A label is the file's name before ``__`` (``4__7.png``, ``1042__1.jpg``; one without any digit is
*not a digit*, but in a folder named after a digit), or else the name of its folder: ``0`` to ``9``,
or ``not_a_digit``. What digitrec exported is not read again: it is restored as it was (`backup`),
but for inks that are kept already. Nothing of a zip is ever written to the disk; how much of it is
unpacked is bounded by what really comes out, not by what the archive says of itself: only what is
stored or deflated is taken, since `zipfile` bounds no other method.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from digitrec import backup, examples, images
from digitrec.classifier import Classifier, in_service
from digitrec.corrections import Shape, examples_of, matched
from digitrec.example import NOT_A_DIGIT, NOT_A_DIGIT_NAME, New, unmarked
from digitrec.images import ImageError, Photo, load
from digitrec.language import N_, _, ngettext, number
from digitrec.preprocess import ink_map, normalise
from digitrec.reader import read
from digitrec.settings import settings
from digitrec.storage import words

MOST_FILES = 20_000  # to be read
MOST_UNPACKED = 1_000  # MB (10**6 bytes) of a whole archive; more where more may be kept
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif"}
BOUNDED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others may expand to all memory in one read
PNG = b"\x89PNG\r\n\x1a\n"
TOO_MUCH = N_("This holds more than {limit} MB; import a part of it at a time.")


class ImportRefusedError(ValueError):
    """Nothing can be taken from this; the message says why."""


@dataclass(frozen=True)
class Item:
    """One picture that will be taken. labels: what it shows, from left to right.

    kept: what it was exported from, without its crop.
    """

    name: str
    labels: tuple[int, ...]
    content: Callable[[], bytes]
    kept: New | None = None


@dataclass(frozen=True)
class Found:
    """refused: the names of what will not be taken, and why."""

    items: tuple[Item, ...]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Taken:
    """Ready for `examples.add`. there: how many that were exported are kept still, or again."""

    new: tuple[New, ...]
    refused: tuple[tuple[str, str], ...]
    there: int = 0


class _Refused(ValueError):  # noqa: N818  one file's reason, which ends in a list
    pass


def looked_into(source: Path) -> Found:
    """A folder with its subfolders, or a zip. Raises `ImportRefusedError`."""
    try:
        if source.is_dir():
            return _in_folder(source)
        with source.open("rb"):  # that it cannot be is told from what is no zip
            return in_zip(source)
    except FileNotFoundError:
        raise ImportRefusedError(
            _("There is no folder or zip {name}.").format(name=source)
        ) from None
    except OSError as error:
        raise ImportRefusedError(
            _("{file} cannot be opened: {why}.").format(file=source, why=words(error, reading=True))
        ) from None


def _in_folder(source: Path) -> Found:
    """Raises ``OSError`` where it may not be read; folders in it that may not are refused."""
    closed: list[OSError] = []
    paths = sorted(
        Path(folder, name)
        for folder, _, names in os.walk(source, onerror=closed.append)
        for name in names
    )
    found = _sorted_out(
        (path.relative_to(source).as_posix(), partial(_content, path))
        for path in paths
        if path.is_file() and not path.is_symlink()
    )
    for error in closed:
        folder = Path(error.filename)
        if folder == source:
            raise error
        why = str(words(error, reading=True))
        found = replace(found, refused=(*found.refused, (str(folder.relative_to(source)), why)))
    return found


def _content(path: Path) -> bytes:
    if path.name != backup.FILE:
        return images.content(path)
    with path.open("rb") as file:
        return file.read(backup.largest() + 1)


def in_files(files: Iterable[tuple[str, bytes]]) -> Found:
    """Files with their paths, as a browser sends a folder."""
    return _sorted_out((name, partial(bytes, content)) for name, content in files)


def in_zip(file: Path | BinaryIO) -> Found:
    """Raises `ImportRefusedError` for what is no zip, or one that unpacks to too much."""
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ImportRefusedError(_("This is not a zip, or it is damaged.")) from error
    most = _most_unpacked()
    if sum(entry.file_size for entry in entries) > most * 10**6:
        raise ImportRefusedError(_(TOO_MUCH).format(limit=number(most)))
    budget = _Budget(most * 10**6)

    def contents() -> Iterator[tuple[str, Callable[[], bytes]]]:
        for entry in entries:
            if not entry.is_dir():
                yield entry.filename, partial(_unpacked, archive, entry, budget)

    tricky = {entry.filename: why for entry in entries if (why := _trick(entry))}
    return _sorted_out(contents(), tricky)


@dataclass
class _Budget:
    left: int


def _most_unpacked() -> int:
    """MB; an export of all that may be kept has its inks twice, and tables."""
    return max(MOST_UNPACKED, 2 * settings().max_examples_megabytes)


def _trick(entry: zipfile.ZipInfo) -> str:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        return _("its path leads out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return _("it is a link")
    if entry.flag_bits & 1:
        return _("it is encrypted")
    return (
        "" if entry.compress_type in BOUNDED else _("its compression is not deflate: zip it again")
    )


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> bytes:
    limit = settings().max_megabytes * 10**6
    if PurePosixPath(entry.filename).name == backup.FILE:
        limit = backup.largest()
    try:
        with archive.open(entry) as file:
            content = file.read(min(limit, budget.left) + 1)
    except Exception as error:  # each way of packing raises its own
        raise _Refused(_("it is damaged")) from error
    budget.left -= len(content)
    if budget.left < 0:
        raise ImportRefusedError(_(TOO_MUCH).format(limit=number(_most_unpacked())))
    if len(content) > limit:
        raise _Refused(_("it is larger than {limit} MB").format(limit=settings().max_megabytes))
    return content


def _sorted_out(
    files: Iterable[tuple[str, Callable[[], bytes]]], tricky: dict[str, str] | None = None
) -> Found:
    items: list[Item] = []
    refused: list[tuple[str, str]] = []
    tricky = tricky or {}
    files = list(files)
    exported = _exported((name, content) for name, content in files if name not in tricky)
    restored = 0
    for name, content in files:
        path = PurePosixPath(name)
        if any(part.startswith((".", "__MACOSX")) for part in path.parts if part != ".."):
            continue
        why = tricky.get(name)
        if not why and (kept := exported.pop(str(path), None)):
            items.append(Item(name, (kept.label,), content, kept))
            restored += 1
            continue
        if len(items) + len(refused) - restored >= MOST_FILES:
            raise ImportRefusedError(
                _("This holds more than {count} files; take fewer.").format(
                    count=number(MOST_FILES)
                )
            )
        labels = _labels(path)
        if why:
            refused.append((name, why))
        elif path.suffix.lower() in PICTURES and labels:
            items.append(Item(name, labels, content))
        elif path.suffix.lower() in PICTURES:
            refused.append(
                (name, _("neither its name (label__n) nor its folder says what it shows"))
            )
    return Found(tuple(items), tuple(refused))


def _exported(files: Iterable[tuple[str, Callable[[], bytes]]]) -> dict[str, New]:
    """The examples that are to be restored, by the paths of their crops."""
    found: dict[str, New] = {}
    for name, content in files:
        path = PurePosixPath(name)
        if path.name == backup.FILE:
            try:
                kept = backup.unpacked(content(), settings().max_examples - len(found))
            except ValueError as error:
                raise ImportRefusedError(
                    _(
                        "{file} is damaged, or holds more than may be kept here: export the "
                        "examples again, or take that file out to have the pictures read anew."
                    ).format(file=backup.FILE)
                ) from error
            found |= {str(path.parent / crop): new for crop, new in kept.items()}
    return found


def _labels(path: PurePosixPath) -> tuple[int, ...]:
    """What a picture shows, by its name or its folder; () where neither says."""
    said, mark = path.name.partition("__")[:2]
    folder = path.parent.name
    of_a_digit = len(folder) == 1 and folder.isdecimal()
    if not mark and not of_a_digit and folder != NOT_A_DIGIT_NAME:
        return ()
    if not mark or (of_a_digit and not any(letter.isdigit() for letter in said)):
        said = folder
    if not any(letter.isdigit() for letter in said):
        return (NOT_A_DIGIT,)
    digits = unmarked(said.replace("_", ""))
    return tuple(map(int, digits)) if digits.isascii() and digits.isdecimal() else ()


def taken(
    found: Found,
    writer: str | None = None,
    tell: Callable[[float], object] = lambda _: None,
) -> Taken:
    """Read the pictures and cut out their digits; tell is given the share that is done.

    What was exported is restored with its own writer, if it has one, and left as it is where its
    ink is kept already. Raises `digitrec.runtime.ModelError` where no model can be loaded,
    `ImportRefusedError`, and `examples.ExamplesError`.
    """
    new: list[New] = []
    refused = list(found.refused)
    exported = [item.kept for item in found.items if item.kept]
    known = examples.known([kept.ink for kept in exported]) if exported else []
    there = iter(known)
    for place, item in enumerate(found.items):
        try:
            if item.kept is None:
                new += _examples(item, in_service(), writer)
            elif not next(there):
                new.append(_restored(item, item.kept, writer))
        except (ImageError, _Refused) as error:
            refused.append((item.name, str(error)))
        tell((place + 1) / len(found.items))
    return Taken(tuple(new), tuple(refused), sum(known))


def already_there(count: int) -> str:
    """What is said of exported examples that are not imported again."""
    return ngettext(
        "{count} is here already, and stays as it is.",
        "{count} are here already, and stay as they are.",
        count,
    ).format(count=number(count))


def _restored(item: Item, kept: New, writer: str | None) -> New:
    crop = item.content()
    if not crop.startswith(PNG):
        raise _Refused(_("it is damaged"))
    return replace(kept, crop=crop, writer=kept.writer or writer)


def _examples(item: Item, classifier: Classifier, writer: str | None) -> list[New]:
    photo = load(item.content())
    reading = read(photo, classifier)
    pairs = matched(item.labels, reading.numbers, reading.refused)
    if pairs is None and len(item.labels) > 1:
        digits = sum(len(number.digits) for number in reading.numbers)
        raise _Refused(
            _("it is named for {wanted} digits, and {found} were found").format(
                wanted=len(item.labels), found=digits
            )
        )
    if pairs is None:
        pairs = [(_whole(photo, classifier), item.labels[0])]
    made = examples_of(photo, pairs, version=classifier.name, source="imported")
    return [replace(example, writer=writer) for example in made]


def _whole(photo: Photo, classifier: Classifier) -> Shape:
    """All the ink of a picture that is said to show one thing."""
    ink = normalise(ink_map(photo.pixels))
    if not ink.any():
        raise _Refused(_("there is no ink in it"))
    p = classifier.probabilities(ink[None, ..., None])[0]
    return Shape((0, 0, photo.width, photo.height), ink, int(p.argmax()), float(p.max()))
