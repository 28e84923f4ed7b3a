"""Whole pages of handwritten numbers, photographed, with exact labels and boxes.

For tests and benchmarks. A page is written on a flat sheet, which `synthetic_camera` then
photographs; the digits are MNIST's test digits, as in `synthetic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.synthetic import INKS, PAPERS, Box, soft_noise, written_digit
from benchmarks.synthetic_camera import DESKS, Camera, box_of, photograph

Rows = Sequence[Sequence[str]]  # of numbers: digits, points, commas; "" leaves a cell empty
Colour = tuple[int, int, int]
Point = tuple[int, int]  # x, y
Mark = tuple[int, int, NDArray[np.float32]]  # x, y and coverage on the sheet

FORMS = ("lines", "table", "boxes", "cell", "labels")
RULES = ("solid", "dashed", "double")
LABELS = (
    *("Total", "Name", "Score", "Date", "Age", "Room", "Marks", "Physics", "Amount", "Year"),
    *("Chemistry", "Price", "Quantity", "Number", "Reading", "Weight", "Page", "Subtotal"),
    *("Student", "Class", "Street", "Pressure", "Points", "Result", "Balance", "Phone", "Maths"),
)
PRINT: Colour = (74, 76, 84)  # of a form's rules and words
PITCH = 1.9  # from one base line to the next, of a digit's height; so are the next three
MARGIN = 1.3  # of the sheet
APART = 1.8  # two numbers on a line
BOX = (1.15, 1.45)  # width and height for one digit
LABEL = 5.5  # the widest word, and the room after it


@dataclass(frozen=True)
class Hand:
    """ink: a name in `INKS`. gap: between digits, of their height; below 0 they touch.

    slant: of the digits, as a shear to the right. slope: of the lines, degrees upwards.
    """

    ink: str = "blue"
    gap: float = 0.25
    slant: float = 0.0
    slope: float = 0.0


@dataclass(frozen=True)
class Written:
    """text: its digits. marks: (symbol, digits before it). boxes: of the digits' ink."""

    text: str
    marks: tuple[tuple[str, int], ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, eq=False)
class Page:
    """pixels: (h, w, 3) uint8, RGB. numbers: in reading order."""

    pixels: NDArray[np.uint8]
    numbers: tuple[Written, ...]

    @property
    def text(self) -> str:
        """The digits of all numbers, with a space between numbers."""
        return " ".join(number.text for number in self.numbers)


HAND, CAMERA = Hand(), Camera()


def page(
    rows: Rows,
    seed: int,
    *,
    form: str = "lines",
    rule: str = "solid",
    paper: str = "white",
    hand: Hand = HAND,
    camera: Camera = CAMERA,
    height: int = 56,
) -> Page:
    """Numbers on a page, a row a line; the same arguments always give the same picture.

    form: "lines", whose base lines lie on the rules of ruled paper; "table"; "boxes", one for each
    digit; "cell", the close-up of a frame with round corners; "labels", a printed word before each
    row. rule: of the form's rules. height:
    of a digit, in pixels.
    """
    rng = np.random.default_rng(seed)
    layout = _Layout(rows, form, hand, height, rng)
    scene = _paper(paper, layout.shape, height)
    for start, stop in layout.rules:
        _rule(scene, start, stop, rule, height)
    if form == "cell":
        _frame(scene, height)
    for x, y, ink in layout.print:
        place = scene[y : y + ink.shape[0], x : x + ink.shape[1]]
        place += (np.array(PRINT, np.float32) - place) * ink[..., None]
    coverage = np.zeros(layout.shape, np.float32)
    for x, y, ink in layout.marks:
        place = coverage[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(place, ink, out=place)
    if hand.ink in {"pencil", "chalk"}:  # both skip over the grain of what they are drawn on
        coverage *= 1 - 0.35 * soft_noise(layout.shape, 1.2, rng)
    scene += (np.array(INKS[hand.ink], np.float32) - scene) * (0.94 * coverage[..., None])
    pixels, to_photo = photograph(scene, camera, height, rng)
    numbers = [
        Written(
            "".join(filter(str.isdigit, text)),
            tuple((c, i - k) for k, (i, c) in enumerate(_symbols(text))),
            tuple(box_of(*layout.marks[i], to_photo) for i in digits),
        )
        for text, digits in layout.numbers
    ]
    return Page(pixels, tuple(numbers))


def random_page(seed: int, form: str) -> Page:
    """A page of one form, everything else of which is drawn from `seed`."""
    rng = np.random.default_rng(seed)
    down, across = (1, 1) if form == "cell" else rng.integers(1, (5, 4))
    rows = [
        ["".join(map(str, rng.integers(0, 10, rng.integers(1, 5)))) for _ in range(across)]
        for _ in range(down)
    ]
    plain = ["white", "yellow", "kraft"]
    red, green, blue = rng.uniform(0.8, 1, 3)
    return page(
        rows,
        seed,
        form=form,
        rule=str(rng.choice(RULES)),
        paper=str(rng.choice([*plain, "ruled", "squared"] if form == "lines" else plain)),
        hand=Hand(
            ink=str(rng.choice([name for name in INKS if name != "chalk"])),
            gap=rng.uniform(0.1, 0.35),
            slant=rng.normal(0, 0.12),
            slope=rng.normal(0, 0.7),
        ),
        camera=Camera(
            shadow=rng.uniform(0, 0.5),
            hard=bool(rng.random() < 0.4),
            vignette=rng.uniform(0, 0.4),
            cast=(red, green, blue),
            tilt=rng.normal(0, 1.5),
            desk=str(rng.choice(list(DESKS))) if form != "cell" and rng.random() < 0.3 else None,
            blur=rng.uniform(0.5, 1.2),
            jpeg=int(rng.integers(50, 95)),
        ),
        height=int(rng.integers(36, 80)),
    )


def _symbols(text: str) -> list[tuple[int, str]]:
    return [(i, c) for i, c in enumerate(text) if not c.isdigit()]


class _Layout:
    """Where all goes on the flat sheet.

    shape: (h, w) of the sheet. numbers: each with the places of its digits in `marks`. rules: from
    point to point. print: the words.
    """

    def __init__(
        self, rows: Rows, form: str, hand: Hand, height: int, rng: np.random.Generator
    ) -> None:
        self.marks: list[Mark] = []
        self.numbers: list[tuple[str, list[int]]] = []
        self.rules: list[tuple[Point, Point]] = []
        self.print: list[Mark] = []
        self._hand, self._height, self._rng = hand, height, rng
        margin = round(MARGIN * height)
        down = round(PITCH * height)
        longest = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        wide = [round((1.05 * max(1, n) + APART) * height) for n in longest]  # of each column
        start = margin + (round(LABEL * height) if form == "labels" else 0)
        lefts = [start + sum(wide[:i]) for i in range(len(wide) + 1)]
        tops = [margin + i * down for i in range(len(rows) + 1)]
        self.shape = (tops[-1] + margin, lefts[-1] + margin)
        for row, top in zip(rows, tops, strict=False):
            if form == "labels":
                self._label(margin, top + round(1.4 * height))
            for number, left in zip(row, lefts, strict=False):
                base = top + round(1.4 * height)
                if form == "boxes":
                    self._boxed(number, left, top)
                else:
                    indent = 0.5 if form != "lines" else rng.uniform(0.1, 0.6)
                    self._write(number, left + round(indent * height), base)
        if form == "table":
            self.rules += [((lefts[0], y), (lefts[-1], y)) for y in tops]
            self.rules += [((x, tops[0]), (x, tops[-1])) for x in lefts]

    def _write(self, text: str, x: float, base: int) -> None:
        """A number from `x` on along its base line."""
        digits, rise = [], np.tan(np.radians(self._hand.slope))
        for char in text:
            level = base - rise * (x - MARGIN * self._height)
            if char.isdigit():
                ink = self._digit(char)
                digits.append(len(self.marks))
                self._put(ink, x, level - ink.shape[0] + self._rng.normal(0, 0.03) * self._height)
                x += ink.shape[1] + self._hand.gap * self._height
            else:
                ink = _point(char, self._height)
                room = max(0.1, self._hand.gap) * self._height
                x += room - self._hand.gap * self._height
                self._put(ink, x, level - 0.12 * self._height)
                x += ink.shape[1] + room
        if text:
            self.numbers.append((text, digits))

    def _label(self, x: int, base: int) -> None:
        """A printed word on the base line, in an upright sans serif, 0.6 of a digit high."""
        font = ImageFont.load_default(0.8 * self._height)
        word = str(self._rng.choice(LABELS))
        left, top, right, bottom = (round(v) for v in font.getbbox(word, anchor="ls"))
        image = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(image).text((-left, -top), word, 255, font, anchor="ls")
        self.print.append((x, base + top, np.asarray(image, np.float32) / np.float32(255)))

    def _boxed(self, text: str, left: int, top: int) -> None:
        """A digit a box, here and there touching it; an empty number is one empty box."""
        wide, tall = (round(side * self._height) for side in BOX)
        count = max(1, len(text))
        digits = []
        for i, char in enumerate(text):
            ink = self._digit(char)
            free = wide - ink.shape[1], tall - ink.shape[0]
            x, y = (max(0, f / 2 + self._rng.normal(0, 0.09) * self._height) for f in free)
            digits.append(len(self.marks))
            self._put(ink, left + i * wide + x, top + y)
        self.rules += [((left, y), (left + count * wide, y)) for y in (top, top + tall)]
        self.rules += [
            ((left + i * wide, top), (left + i * wide, top + tall)) for i in range(count + 1)
        ]
        if text:
            self.numbers.append((text, digits))

    def _digit(self, char: str) -> NDArray[np.float32]:
        thin = 0.62 if self._hand.ink == "pencil" else 0.45
        ink = written_digit(int(char), self._height * self._rng.uniform(0.9, 1.1), thin, self._rng)
        h, w = ink.shape
        lean = round(abs(self._hand.slant) * h)
        middle = (self._hand.slant * h + lean) / 2
        matrix = np.array([[1, -self._hand.slant, middle], [0, 1, 0]])
        slanted = cv2.warpAffine(ink, matrix, (w + lean, h))
        columns = np.flatnonzero(slanted.max(0) > 0.5)
        cropped: NDArray[np.float32] = slanted[:, columns[0] : columns[-1] + 1]
        return cropped

    def _put(self, ink: NDArray[np.float32], x: float, y: float) -> None:
        self.marks.append((round(x), round(y), ink))


def _point(char: str, height: int) -> NDArray[np.float32]:
    """The coverage of a point or a comma, which hangs below the base line."""
    side = max(3, round(0.14 * height))
    ink = np.zeros((side if char == "." else 3 * side, side), np.float32)
    middle = (side - 1) / 2
    if char == ".":
        rows, columns = np.mgrid[:side, :side]
        ink[:] = np.clip(side / 2 - np.hypot(rows - middle, columns - middle) + 0.5, 0, 1)
    else:
        start, stop = (side - 1 - side // 4, side // 4), (side // 4, 3 * side - side // 2)
        cv2.line(ink, start, stop, 1.0, max(2, side // 2), cv2.LINE_AA)
    return ink


def _paper(name: str, shape: tuple[int, int], height: int) -> NDArray[np.float32]:
    """(h, w, 3) float32 in 0 to 255; the rules of ruled paper are the base lines."""
    colour, line, kind = PAPERS[name]
    scene = np.full((*shape, 3), colour, np.float32)
    if line is not None:
        step = PITCH * height if kind == "rules" else 0.45 * height
        first, thick = (MARGIN + 1.4) * height % step, max(1, height // 30)
        for y in np.arange(first, shape[0], step):
            scene[round(y) : round(y) + thick] = line
        for x in np.arange(first, shape[1], step) if kind == "squares" else ():
            scene[:, round(x) : round(x) + thick] = line
    return scene


def _rule(scene: NDArray[np.float32], start: Point, stop: Point, kind: str, height: int) -> None:
    """A level or upright rule, a twenty-fourth of a digit thick."""
    thick = max(1, height // 24)
    if kind == "solid":
        cv2.line(scene, start, stop, PRINT, thick)
    elif kind == "double":
        away = round(0.12 * height)
        across = (0, away) if start[1] == stop[1] else (away, 0)
        second = [tuple(np.add(end, across).tolist()) for end in (start, stop)]
        cv2.line(scene, start, stop, PRINT, thick)
        cv2.line(scene, second[0], second[1], PRINT, thick)
    else:
        length = float(np.hypot(*np.subtract(stop, start)))
        along = np.subtract(stop, start) / length
        for at in np.arange(0, length, 0.32 * height):
            dash = [start + along * min(d, length) for d in (at, at + 0.2 * height)]
            ends = [tuple(np.rint(end).astype(int).tolist()) for end in dash]
            cv2.line(scene, ends[0], ends[1], PRINT, thick)


def _frame(scene: NDArray[np.float32], height: int) -> None:
    """A cell's frame with round corners, near the sheet's edges."""
    inset, radius = round(0.5 * height), round(0.35 * height)
    h, w = scene.shape[:2]
    corners = [
        ((w - inset, h - inset), 0),
        ((inset, h - inset), 90),
        ((inset, inset), 180),
        ((w - inset, inset), 270),
    ]
    turns = np.radians(np.arange(0, 91, 5))
    points = []
    for corner, start in corners:
        centre = np.array(corner) - radius * np.sign(np.array(corner) - (w / 2, h / 2))
        around = turns + np.radians(start)
        points.append(centre + radius * np.stack([np.cos(around), np.sin(around)], 1))
    outline = np.rint(np.concatenate(points)).astype(np.int32)
    cv2.polylines(scene, [outline], isClosed=True, color=PRINT, thickness=max(2, height // 18))
