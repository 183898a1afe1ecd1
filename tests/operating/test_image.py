"""The image's own commands, carried out as its Dockerfile says, in a clean environment."""

import asyncio
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml

from tests.conftest import on_server, open_folder, with_database
from tests.operating.dockerfile import Image, instructions

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DRAIN = 10


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """The address of a database that is not there yet: making it is `migrate`'s business."""
    name = f"yg_image_{uuid4().hex[:8]}"
    yield with_database(server_url, name)
    asyncio.run(on_server(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def done(image: Image, environment: Mapping[str, str], *words: str) -> str:
    """Run a container's command to its end and return what it printed."""
    command = image.command(*words)
    ended = subprocess.run(
        command, cwd=image.workdir, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout.strip()


@contextmanager
def running(image: Image, environment: Mapping[str, str], *words: str) -> Iterator[None]:
    """Hold a container's process; at the end it is asked to leave, and must do so well."""
    with open_folder() as folder, (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            image.command(*words), cwd=image.workdir, env=environment, stdout=log, stderr=log
        )
        try:
            yield
            assert process.poll() is None, (folder / "log").read_text()
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(DRAIN) == 0, (folder / "log").read_text()
            assert time.monotonic() - asked < DRAIN
        finally:
            process.kill()
            process.wait()
        said = (folder / "log").read_text().splitlines()
        assert all(isinstance(json.loads(line), dict) for line in said)


def becomes_ready(http: httpx.Client, patience: float = 60) -> Mapping[str, str]:
    end = time.monotonic() + patience
    while True:
        try:
            answer = http.get("/readyz")
            if answer.status_code == 200 or time.monotonic() > end:
                found: Mapping[str, str] = answer.json()
                return found
        except httpx.TransportError:
            assert time.monotonic() < end, "nobody answers"
        time.sleep(0.2)


def report() -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "source": "grid",
        "occurred_at": datetime.now(UTC).isoformat(),
        "text": "路口井盖不见了",
        "place": {"address": "渝中区大溪沟街道人和街"},
    }


@pytest.mark.timeout(900)
def test_the_image_migrates_loads_serves_works_and_leaves(database_url: str):
    with open_folder() as folder:
        image = Image.build(ROOT, folder)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {
            **image.environment,
            "YIGUAN_DATABASE_URL": database_url,
            "YIGUAN_PORT": str(port),
            "YIGUAN_URL": address,
            "COLUMNS": "80",
        }
        done(image, environment, *COMPOSE["services"]["migrate"]["command"])
        done(image, environment, "load", "--shipped")
        roles = ("--role", "reporter", "--role", "supervisor")
        environment["YIGUAN_KEY"] = done(
            image, environment, "key", "create", "500000-ZX", *roles, "测"
        )

        with (
            running(image, environment),
            running(image, environment, *COMPOSE["services"]["worker"]["command"]),
            httpx.Client(base_url=address, trust_env=False) as http,
        ):
            assert set(becomes_ready(http).values()) == {"ok"}
            key = {"Authorization": f"Bearer {environment['YIGUAN_KEY']}"}
            answer = http.post("/v1/events", json=report(), headers=key)
            assert answer.status_code == 201, answer.text
            assert answer.json()["unit"]["number"] in done(image, environment, "units")
            assert "yiguan_events_accepted_total 1.0" in http.get("/metrics").text
            healthy = subprocess.run(
                image.check(), env=environment, capture_output=True, check=False
            )
            assert healthy.returncode == 0, healthy.stderr


def test_the_image_runs_as_nobody_in_particular():
    users = [rest for word, rest in instructions(ROOT / "Dockerfile") if word == "USER"]
    assert users[-1].isdigit()
    assert int(users[-1]) > 0


def test_the_image_names_no_index():
    text = (ROOT / "Dockerfile").read_text() + (ROOT / "requirements.lock").read_text()
    assert "index-url" not in text
    assert "--require-hashes" in text


def test_what_is_copied_is_not_ignored():
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copies = [rest.split() for word, rest in instructions(ROOT / "Dockerfile") if word == "COPY"]
    sources = {word for words in copies if "--from=" not in words[0] for word in words[:-1]}
    assert sources == kept
