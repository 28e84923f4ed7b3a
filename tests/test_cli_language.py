"""The command line in French, with argparse's own words."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from digitrec import cli, cli_words, registry
from digitrec.settings import ROOT, settings

FRENCH = ROOT / "digitrec" / "locale" / "fr" / "LC_MESSAGES" / "digitrec.po"
WRONG = {
    "": "il manque ces arguments : COMMANDE",
    "read": "il manque ces arguments : IMAGE|DOSSIER",
    "fly": "argument COMMANDE : choix incorrect : 'fly' (à choisir parmi ",
    "read a --out": "argument --out : il y faut une valeur",
    "read a --bogus": "arguments inconnus : --bogus",
    "read a --json=1": "argument --json : ne prend pas de valeur, et '1' en est une",
    "read a --json --out b": "argument --out : ne va pas avec l’argument --json",
    "train --epochs few": "argument --epochs : valeur int incorrecte : 'few'",
    "train --s 1": "option ambiguë : --s peut être --schedule, --seed, --serve",
    "examples delete x": "argument NUMÉRO : valeur int incorrecte : 'x'",
}


@pytest.fixture(autouse=True)
def argparse_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argparse, "_", vars(argparse)["_"])


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from parsers(below)


def words(parser: argparse.ArgumentParser) -> list[str]:
    """The sentences of a parser's help."""
    actions = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            actions += action._choices_actions
    titles = [group.title for group in parser._action_groups]
    said = [parser.description, *titles, *(action.help for action in actions)]
    return [sentence for sentence in said if sentence]


def test_the_help_of_every_command_is_in_french(french: None) -> None:
    ours = list(parsers(cli._parser()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_LANGUAGE", "en")
        settings.cache_clear()
        english = {sentence for parser in parsers(cli._parser()) for sentence in words(parser)}
    settings.cache_clear()
    assert len(ours) == 19
    assert len(english) > 40
    for parser in ours:
        shown = " ".join(parser.format_help().split())
        assert shown.startswith("usage : python -m digitrec")
        assert not set(words(parser)) & english, parser.prog
        left = [sentence for sentence in english if " " in sentence and sentence in shown]
        assert not left, parser.prog


@pytest.mark.parametrize(("arguments", "said"), WRONG.items())
def test_wrong_usage_is_told_in_french(
    arguments: str, said: str, french: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments.split())
    assert ended.value.code == 2
    *_usage, told = capsys.readouterr().err.replace("\u00a0", " ").splitlines()
    assert f" : erreur : {said}" in told


def test_argparse_says_nothing_that_the_catalogue_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = set()

    def ask(sentence: str) -> str:
        asked.add(sentence)
        return sentence

    monkeypatch.setattr(cli_words, "_", ask)
    for arguments in [*WRONG, "--help", "--version", "models list --help"]:
        with pytest.raises(SystemExit):
            cli.main(arguments.split())
    assert len(asked) > 10
    with FRENCH.open("rb") as file:
        known = {message.id for message in read_po(file, locale="fr")}
    assert asked - known <= {"%(heading)s:"}  # a heading's space is in its translation
    assert asked - {"%(heading)s:"} <= set(cli_words.WORDS)


def test_a_language_that_is_not_ours_is_one_sentence() -> None:
    for arguments in (["--help"], ["read", "x.png"], ["fly"]):
        done = subprocess.run(
            [sys.executable, "-m", "digitrec", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
            env={**os.environ, "DIGITREC_LANGUAGE": "de"},
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "DIGITREC_LANGUAGE must be one of en, fr, not 'de'.\n"


def test_what_is_done_is_told_in_french(
    french: None, tmp_path: Path, make_version, capsys: pytest.CaptureFixture[str]
) -> None:
    make_version(tmp_path, "mine")
    told = []
    for arguments in ("serve mine", "rename mine ours", "list"):
        assert cli.main(["models", *arguments.split(), "--models", str(tmp_path)]) == 0
        told.append(capsys.readouterr().out)
    assert told[:2] == ["mine est en service\n", "mine s’appelle maintenant ours\n"]
    assert "99,000 ± 0,100" in told[2]
    assert registry.in_service(tmp_path) == "ours"
    assert cli.main(["read", "x.png", "--engine", "ray"]) == 2
    assert capsys.readouterr().err == "--engine ray ne va qu’avec --out.\n"
    (tmp_path / "empty").mkdir()
    assert cli.main(["evaluate", str(tmp_path / "empty")]) == 1
    assert "Ce dossier ne contient aucun fichier." in capsys.readouterr().err
