"""README tells everything there is to set and to run, and points only at what exists."""

import argparse
import re
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


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = [a for a in cli._parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return action.choices


@pytest.mark.parametrize("command", commands())
def test_every_command_has_an_example(command):
    assert re.search(rf"^\$ \.venv/bin/python -m digitrec {command}\b", README, re.MULTILINE)


@pytest.mark.parametrize("command", commands())
def test_every_option_is_told(command):
    options = {option for a in commands()[command]._actions for option in a.option_strings}
    for option in options - {"-h", "--help"}:
        assert option in README, f"README says nothing of {command} {option}"


def test_every_make_target_told_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make (\w+)`|^make (\w+)$", README, re.MULTILINE)):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE)


def test_every_file_pointed_at_exists():
    for target in re.findall(r"\]\((?!http)(.+?)\)", README):
        assert (ROOT / target).is_file(), target
    for module in re.findall(r"`(\w+\.py)`", README):
        assert (ROOT / "digitrec" / module).is_file(), module
