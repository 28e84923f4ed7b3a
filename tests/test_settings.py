from dataclasses import fields
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitrec import runs
from digitrec.settings import Settings, settings


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    for field in fields(Settings):
        monkeypatch.delenv(f"DIGITREC_{field.name.upper()}", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_defaults_point_into_the_repository():
    assert settings() == Settings()
    assert settings().mnist.is_file()
    assert settings().models.name == "models"


def test_every_field_is_set_by_its_variable(monkeypatch):
    given = {
        "models": Path("/elsewhere/models"),
        "mnist": Path("/elsewhere/mnist.npz"),
        "max_megabytes": 7,
        "max_megapixels": 8,
        "work_side": 900,
        "doubt_below": 0.5,
        "database_url": "postgresql://ada@elsewhere/digits",
        "max_examples": 9,
        "max_examples_megabytes": 10,
        "language": "fr",
    }
    assert given.keys() == {field.name for field in fields(Settings)}
    for name, value in given.items():
        monkeypatch.setenv(f"DIGITREC_{name.upper()}", str(value))
    assert settings() == Settings(**given)


def test_a_home_folder_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("DIGITREC_MODELS", "~/models")
    assert settings().models == Path("/home/ada/models")


def test_relative_ones_are_looked_for_in_the_working_folder(monkeypatch, tmp_path):
    folder = tmp_path / "50% of it?"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DIGITREC_MNIST", "mine.npz")
    monkeypatch.setenv("DIGITREC_DATABASE_URL", "sqlite:///mine.sqlite?timeout=5")
    assert settings().mnist == folder / "mine.npz"
    assert sa.make_url(settings().database_url).database == f"{folder}/mine.sqlite"
    assert sa.make_url(settings().database_url).query == {"timeout": "5"}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////elsewhere/mine.sqlite",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:mine.sqlite?uri=true",
        "postgresql:///digits",
        "nonsense",
    ],
)
def test_other_databases_are_left_as_they_are(monkeypatch, url):
    monkeypatch.setenv("DIGITREC_DATABASE_URL", url)
    assert settings().database_url == url


def test_a_child_in_another_folder_has_the_same_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITREC_MODELS", "models")
    monkeypatch.setenv("DIGITREC_DATABASE_URL", "sqlite+pysqlite:///mine.sqlite")
    monkeypatch.setenv("DIGITREC_DOUBT_BELOW", "0.7")
    ours, given = settings(), runs.quiet(1)
    settings.cache_clear()
    monkeypatch.chdir("/")
    for variable, text in given.items():
        monkeypatch.setenv(variable, text)
    assert settings() == ours
    assert ours.models == tmp_path / "models"


def test_one_set_to_nothing_is_not_set(monkeypatch):
    monkeypatch.setenv("DIGITREC_MODELS", "")
    assert settings().models == Settings().models


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("DIGITREC_MODELS", "~no-such-user/models", "DIGITREC_MODELS: the home folder"),
        ("DIGITREC_WORK_SIDE", "wide", "WORK_SIDE: choose a whole number from 100 to 10000"),
        ("DIGITREC_WORK_SIDE", "1", "WORK_SIDE: choose a whole number from 100 to 10000"),
        ("DIGITREC_MAX_MEGABYTES", "2.5", "choose a whole number from 1 to 1000"),
        ("DIGITREC_MAX_MEGAPIXELS", "-1", "choose a whole number from 1 to 1000"),
        ("DIGITREC_DOUBT_BELOW", "90", "DIGITREC_DOUBT_BELOW: choose a number from 0.5 to 1"),
        ("DIGITREC_DOUBT_BELOW", "nan", "choose a number from 0.5 to 1"),
        ("DIGITREC_DOUBT_BELOW", "inf", "choose a number from 0.5 to 1"),
        ("DIGITREC_LANGUAGE", "de", "DIGITREC_LANGUAGE must be one of en, fr, not 'de'"),
    ],
)
def test_a_value_that_cannot_be_understood_is_named(monkeypatch, variable, text, message):
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValueError, match=message):
        settings()


def test_it_is_said_in_the_language_that_is_set(monkeypatch):
    monkeypatch.setenv("DIGITREC_LANGUAGE", "fr")
    monkeypatch.setenv("DIGITREC_WORK_SIDE", "large")
    with pytest.raises(ValueError, match="WORK_SIDE\u00a0: choisissez un nombre entier de 100 à"):
        settings()


def test_settings_are_read_once(monkeypatch):
    first = settings()
    monkeypatch.setenv("DIGITREC_WORK_SIDE", "100")
    assert settings() is first
