"""compose.yaml says what the command line understands, and keeps no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from app.cli import app

FILE = Path(__file__).parents[2] / "compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
OURS = ("migrate", "api", "worker")


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_there_is(name: str):
    word, *options = SERVICES[name]["command"]
    commands: Any = typer.main.get_command(app)
    commands.commands[word].make_context(word, options)


@pytest.mark.parametrize("name", OURS)
def test_a_service_waits_for_what_it_needs(name: str):
    assert SERVICES[name]["depends_on"]["db"] == {"condition": "service_healthy"}
    if name != "migrate":
        completed = {"condition": "service_completed_successfully"}
        assert SERVICES[name]["depends_on"]["migrate"] == completed


def test_every_service_is_the_same_image():
    assert len({(SERVICES[name]["image"], SERVICES[name]["build"]) for name in OURS}) == 1


def test_the_password_has_no_default():
    used = re.findall(r"PASSWORD: (.*)", TEXT)
    assert used
    assert all(re.fullmatch(r"\$\{YIGUAN_DATABASE_PASSWORD:\?[^}]+\}", value) for value in used)


def test_the_address_holds_no_password():
    for name in OURS:
        assert ":" not in SERVICES[name]["environment"]["YIGUAN_DATABASE_URL"].split("@")[0][13:]


@pytest.mark.parametrize("name", OURS)
def test_the_attachments_outlive_the_containers_that_share_them(name: str):
    assert SERVICES[name]["volumes"] == ["home:/var/lib/yiguan"]
    assert "ENV YIGUAN_HOME=/var/lib/yiguan\n" in (FILE.parent / "Dockerfile").read_text()


def test_the_database_outlives_its_container():
    # From 18 on the image keeps its data in a folder of the version below this one.
    assert SERVICES["db"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "healthcheck" in SERVICES["db"]
