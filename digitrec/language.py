"""English and French: what a person reads goes through one gettext catalogue.

A sentence is written in English where it is used, and that is its key in the catalogue. `_` and
`ngettext` translate when they are called, so never at import; `N_` marks what is translated later,
where it is shown; a `Sentence` is that with its values, to be kept and shown to others. Each thread
speaks its own language: the page tells that of its sessions, and everything else, the command line
and training runs too, speaks what ``DIGITREC_LANGUAGE`` says.
"""

from __future__ import annotations

import gettext
import string
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from digitrec.settings import LANGUAGES, handed_on, settings

NAMES = {"en": "English", "fr": "Français"}
_LOCALE = Path(__file__).resolve().parent / "locale"
_MARKS = {"en": (",", ".", " "), "fr": ("\u202f", ",", "\u202f")}
_bound: ContextVar[str | None] = ContextVar("language", default=None)
_ask: Callable[[], str | None] = lambda: None  # noqa: E731
P = ParamSpec("P")
R = TypeVar("R")


def ask(whom: Callable[[], str | None]) -> None:
    """Ask `whom` for the language from now on; where it answers None, the setting decides."""
    global _ask  # noqa: PLW0603
    _ask = whom


def language() -> str:
    """The language to speak here and now: "en" or "fr"."""
    return _bound.get() or _ask() or settings().language


def bound(function: Callable[P, R]) -> Callable[P, R]:
    """The function in the language spoken now, whichever thread calls it later."""
    code = language()

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _bound.set(code)
        try:
            return function(*args, **kwargs)
        finally:
            _bound.reset(token)

    return call


def speaking() -> dict[str, str]:
    """The environment of a child process with our settings, in the language spoken now."""
    return {**handed_on(), "DIGITREC_LANGUAGE": language()}


def preferred(accepted: str) -> str | None:
    """The first of ours in an Accept-Language header: browsers list what they prefer first.

    >>> preferred("de-CH,de;q=0.9,fr;q=0.8,en;q=0.7")
    'fr'
    >>> preferred("da")
    """
    wanted = (part.strip().partition(";")[0].partition("-")[0] for part in accepted.split(","))
    return next((code.lower() for code in wanted if code.lower() in LANGUAGES), None)


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("digitrec", _LOCALE, [code], fallback=code == "en")


def _(sentence: str) -> str:
    """A sentence in the language spoken now."""
    return translated(sentence, language())


def translated(sentence: str, code: str) -> str:
    """A sentence in a language of ours."""
    return _catalogue(code).gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """The same for a count, which decides the form."""
    return _catalogue(language()).ngettext(one, many, count)


def N_(sentence: str) -> str:  # noqa: N802  gettext's own name
    """The sentence as it is, marked for the catalogue."""
    return sentence


@dataclass(frozen=True)
class Sentence:
    """A sentence for whoever reads it later, in whatever language that is then.

    english: its key in the catalogue. values: what fills it in, by name; sentences, too. A share in
    [0, 1] that is filled in with as many decimals as in ``{share:.2%}`` goes through `percent`.

    >>> fold = Sentence("Fold {number}", {"number": 2})
    >>> print(Sentence("{part}: {why}", {"part": fold, "why": "no memory"}))
    Fold 2: no memory
    >>> print(Sentence("{share:.1%}", {"share": 0.98925}))
    98.9 %
    """

    english: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return _Filling().vformat(_(self.english), (), self.values)

    def to_json(self) -> dict[str, object]:
        """For `json.dumps` as its `default`: the values may be sentences still."""
        return {"english": self.english, "values": dict(self.values)}

    @classmethod
    def from_json(cls, found: Any) -> Sentence | str:
        """What `to_json` gave; anything but a dictionary as it is, in words.

        Raises ``ValueError`` for one of which no sentence can be made.
        """
        if not isinstance(found, dict):
            return str(found)
        try:
            values = {
                name: value if isinstance(value, int | float) else cls.from_json(value)
                for name, value in found["values"].items()
            }
            sentence = cls(found["english"], values)
            str(sentence)  # else whoever reads it would meet what it lacks
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ValueError("no sentence") from error
        return sentence


def said(error: BaseException) -> Sentence | str:
    """The sentence that an exception was raised with; else its words, or its name."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Sentence) else str(error) or type(error).__name__


class _Filling(string.Formatter):
    """``str.format``, but for percentages: they are written as in the language spoken now."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec.endswith("%"):
            return percent(value, int(format_spec.strip(".%")))
        return super().format_field(value, format_spec)


def marks() -> tuple[str, str, str]:
    """What stands between thousands, before decimals and before the sign for per cent."""
    return _MARKS[language()]


def number(value: float, digits: int | None = 0) -> str:
    """A number as people write it, with so many decimals; with None, as many as it has, up to 5.

    >>> number(60_000), number(0.5, 2), number(0.001, None), number(82, None)
    ('60,000', '0.50', '0.001', '82')
    """
    text = f"{value:,.{5 if digits is None else digits}f}"
    if digits is None:
        text = text.rstrip("0").rstrip(".")
    thousands, decimal, _space = marks()
    return text.translate({ord(","): thousands, ord("."): decimal})


def percent(share: float, digits: int = 0) -> str:
    """A share in [0, 1] as a percentage.

    >>> percent(0.98925, 3)
    '98.925 %'
    """
    return f"{number(100 * share, digits)}{marks()[2]}%"


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(7), duration(52), duration(130), duration(5000)
    ('a few seconds', '50 s', '2 min', '1 h 23 min')
    """
    if seconds < 10:
        return _("a few seconds")
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
