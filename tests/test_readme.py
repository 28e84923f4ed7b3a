"""README tells everything there is to set and to run, and points only at what exists."""

import argparse
import re
from collections.abc import Iterator
from dataclasses import fields

import pytest

from digitrec import cli
from digitrec.settings import ROOT, Settings

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_told_with_its_default(field):
    row = re.search(rf"^\| `DIGITREC_{field.name.upper()}` \| (.+?) \|", README, re.MULTILINE)
    assert row, f"README's table of settings lacks DIGITREC_{field.name.upper()}"
    default = field.default
    if hasattr(default, "relative_to"):
        default = f"`{default.relative_to(ROOT)}`"
    elif isinstance(default, str):
        default = f"`{default.replace(f'{ROOT}/', '')}`"
    assert row[1] == str(default)


def test_no_setting_is_told_that_does_not_exist():
    told = set(re.findall(r"DIGITREC_([A-Z_]+)", README))
    assert told - {"EVAL"} == {field.name.upper() for field in fields(Settings)}


def commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command, as in "models list", with its parser; not those that only have commands."""
    deeper = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if words and not deeper:
        yield " ".join(words), parser
    for action in deeper:
        for word, below in action.choices.items():
            yield from commands(below, (*words, word))


COMMANDS = dict(commands(cli._parser()))


@pytest.mark.parametrize("command", sorted({command.split()[0] for command in COMMANDS}))
def test_every_command_has_an_example(command):
    assert re.search(rf"^\$ \.venv/bin/python -m digitrec {command}\b", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_told(command):
    options = {option for a in COMMANDS[command]._actions for option in a.option_strings}
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", README))
    assert options - {"-h", "--help"} <= told


def test_every_make_target_told_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make (\w+)`|^make (\w+)$", README, re.MULTILINE)):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE)


def test_every_file_pointed_at_exists():
    for target in re.findall(r"\]\((?!http)(.+?)\)", README):
        assert (ROOT / target).is_file(), target
    for module in re.findall(r"`(\w+\.py)`", README):
        assert (ROOT / "digitrec" / module).is_file(), module
