"""docs/operating.md names only what there is."""

import re
from pathlib import Path
from typing import Any

import typer

from app.api.metrics import Metrics
from app.cli import app
from app.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_every_measure_is_there_and_every_one_is_explained():
    measures = Metrics().text().decode()
    # `_created` is when a counter began, which Prometheus' client adds by itself.
    found = [name for name in re.findall(r"# HELP (\w+)", measures) if "_created" not in name]
    names = {name.removesuffix("_total") for name in found}
    named = {name.removesuffix("_total") for name in re.findall(r"`(yiguan_\w+)`", PAGE)}
    assert named == names


def test_every_command_is_there():
    commands: Any = typer.main.get_command(app)
    said = set(re.findall(r"(?:bin/)?yiguan (?!yiguan)([a-z]+)", PAGE))
    assert said <= set(commands.commands), said


def test_every_setting_is_explained():
    environment = (ROOT / "app/settings.py").read_text(encoding="utf-8")
    known = set(re.findall(r'"(YIGUAN_\w+)"', environment))
    assert known <= set(re.findall(r"YIGUAN_\w+", PAGE))


def test_the_defaults_are_those_of_the_settings():
    settings = Settings.of({})
    for value in (settings.host, settings.port, settings.pool_size, settings.queue_size):
        assert str(value) in PAGE
