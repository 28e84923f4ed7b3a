"""Every setting of digitrec, read once from ``DIGITREC_*`` environment variables."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "fr")
SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:|$|\?)(.+)")  # a relative file


def _in(folder: Path, file: str) -> str:
    """A file's place as a database URL tells it, where two signs mean something else."""
    return str(folder).replace("%", "%25").replace("?", "%3F") + f"/{file}"


@dataclass(frozen=True)
class Settings:
    """Each field ``name`` is set by the environment variable ``DIGITREC_NAME``.

    Files and folders are absolute: relative ones are looked for in the working folder.
    """

    models: Path = ROOT / "models"  # one folder a version; `default` is the shipped one
    mnist: Path = Path(__file__).resolve().parent / "data" / "mnist.npz"
    max_megabytes: int = 20  # largest image file accepted, MB (10**6 bytes)
    max_megapixels: int = 50  # largest image accepted, millions of pixels
    work_side: int = 1600  # photos are reduced to this long side before reading, pixels
    doubt_below: float = 0.90  # a digit read with less confidence is shown as doubtful
    database_url: str = f"sqlite:///{_in(ROOT, 'data/examples.sqlite')}"  # of corrected digits
    max_examples: int = 100_000  # kept, the bin's included
    max_examples_megabytes: int = 1000  # that they may take, MB (10**6 bytes)
    language: str = field(default="en", metadata={"one_of": LANGUAGES})  # the page has its own


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises ``ValueError``, naming the variable, when one cannot be understood.
    """
    values: dict[str, Any] = {}
    for one in fields(Settings):
        variable = f"DIGITREC_{one.name.upper()}"
        if text := os.environ.get(variable):  # one set to nothing is one not set
            allowed = one.metadata.get("one_of", (text,))
            if text not in allowed:
                raise ValueError(_refusal(variable, text, allowed))
            values[one.name] = _parsed(variable, text, one.default)
    return Settings(**values)


def handed_on() -> dict[str, str]:
    """The environment in which a child process has these settings, whatever its working folder."""
    own = {f"DIGITREC_{name.upper()}": str(value) for name, value in asdict(settings()).items()}
    return {**os.environ, **own}


def _parsed(variable: str, text: str, default: object) -> Path | str | int | float:
    if isinstance(default, Path):
        return Path(text).expanduser().absolute()
    if isinstance(default, str):
        relative = SQLITE.fullmatch(text)
        return relative[1] + _in(Path.cwd(), relative[2]) if relative else text
    kind = int if isinstance(default, int) else float
    try:
        value = kind(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ValueError(_refusal(variable, text, kind))
    return value


def _refusal(variable: str, text: str, wanted: type | tuple[str, ...]) -> str:
    """In the language that is set; where that cannot be understood either, in English."""
    from digitrec.language import N_, translated  # which needs this module first

    said = N_("{variable} must be one of {names}, not {text}.")
    if wanted is int:
        said = N_("{variable} must be a whole number above 0, not {text}.")
    elif wanted is float:
        said = N_("{variable} must be a number above 0, not {text}.")
    names = ", ".join(wanted) if isinstance(wanted, tuple) else ""
    code = os.environ.get("DIGITREC_LANGUAGE")
    said = translated(said, code if code in LANGUAGES else LANGUAGES[0])
    return said.format(variable=variable, names=names, text=repr(text))
