"""Every setting of digitrec, read once from ``DIGITREC_*`` environment variables."""

from __future__ import annotations

import os
import re
from dataclasses import Field, asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "fr")
SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:|$|\?)(.+)")  # a relative file


def _in(folder: Path, file: str) -> str:
    """A file's place as a database URL tells it, where two signs mean something else."""
    return str(folder).replace("%", "%25").replace("?", "%3F") + f"/{file}"


def _within(default: Any, low: float, high: float) -> Any:
    return field(default=default, metadata={"range": (low, high)})


@dataclass(frozen=True)
class Settings:
    """Each field ``name`` is set by the environment variable ``DIGITREC_NAME``.

    Files and folders are absolute: relative ones are looked for in the working folder.
    """

    models: Path = ROOT / "models"  # one folder a version; `default` is the shipped one
    mnist: Path = Path(__file__).resolve().parent / "data" / "mnist.npz"
    max_megabytes: int = _within(20, 1, 1000)  # largest image file accepted, MB (10**6 bytes)
    max_megapixels: int = _within(50, 1, 1000)  # largest image accepted, millions of pixels
    # Photos are reduced to this long side before reading, pixels: on fewer, a digit is a speck.
    work_side: int = _within(1600, 100, 10_000)
    # A digit read with less confidence is shown as doubtful; below a half it is a guess anyway.
    doubt_below: float = _within(0.90, 0.5, 1)
    database_url: str = f"sqlite:///{_in(ROOT, 'data/examples.sqlite')}"  # of corrected digits
    max_examples: int = _within(100_000, 1, 10_000_000)  # kept, the bin's included
    max_examples_megabytes: int = _within(1000, 1, 1_000_000)  # that they may take, MB
    language: str = field(default="en", metadata={"one_of": LANGUAGES})  # the page has its own


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises ``ValueError``, naming the variable, when one cannot be understood or is out of range.
    """
    values: dict[str, Any] = {}
    for one in fields(Settings):
        variable = f"DIGITREC_{one.name.upper()}"
        if text := os.environ.get(variable):  # one set to nothing is one not set
            try:
                values[one.name] = _parsed(one, text)
            except (RuntimeError, ValueError) as error:  # RuntimeError: there is no such home
                raise ValueError(_refusal(one, variable, text)) from error
    return Settings(**values)


def handed_on() -> dict[str, str]:
    """The environment in which a child process has these settings, whatever its working folder."""
    own = {f"DIGITREC_{name.upper()}": str(value) for name, value in asdict(settings()).items()}
    return {**os.environ, **own}


def _parsed(one: Field[Any], text: str) -> Path | str | int | float:
    if isinstance(one.default, Path):
        return Path(text).expanduser().absolute()
    if isinstance(one.default, str):
        if text not in one.metadata.get("one_of", (text,)):
            raise ValueError
        relative = SQLITE.fullmatch(text)
        return relative[1] + _in(Path.cwd(), relative[2]) if relative else text
    value = int(text) if isinstance(one.default, int) else float(text)
    low, high = one.metadata["range"]
    if not low <= value <= high:
        raise ValueError
    return value


def _refusal(one: Field[Any], variable: str, text: str) -> str:
    """In the language that is set; where that cannot be understood either, in English."""
    from digitrec.language import N_, translated  # which needs this module first

    said = N_("{setting}: choose a number from {low} to {high}.")
    if isinstance(one.default, Path):
        said = N_("{variable}: the home folder that {text} begins with is not known.")
    elif isinstance(one.default, str):
        said = N_("{variable} must be one of {names}, not {text}.")
    elif isinstance(one.default, int):
        said = N_("{setting}: choose a whole number from {low} to {high}.")
    low, high = one.metadata.get("range", ("", ""))  # said as they are typed, in any language
    names = ", ".join(one.metadata.get("one_of", ()))
    code = os.environ.get("DIGITREC_LANGUAGE")
    said = translated(said, code if code in LANGUAGES else LANGUAGES[0])
    return said.format(
        setting=variable, variable=variable, text=repr(text), low=low, high=high, names=names
    )
