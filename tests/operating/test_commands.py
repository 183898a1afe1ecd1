"""The command line: help with an example, and refusals of one line that say the way out."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer

from app.cli import app
from tests import given
from tests.operating.conftest import Terminal

NOBODY = "http://127.0.0.1:1"
LIST = Path(__file__).parents[2] / "app/data/list.csv"


def commands() -> Iterator[tuple[str, ...]]:
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        below = getattr(command, "commands", None)
        yield from ((name, word) for word in below) if below else [(name,)]


def test_there_are_the_commands_an_operator_needs():
    known = {" ".join(words) for words in commands()}
    assert {"serve", "work", "migrate", "demo", "load", "list stats", "key create"} <= known
    assert {"send", "units", "explain", "replay", "openapi", "doctor", "backup", "restore"} <= known


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example(yiguan: Terminal, words: tuple[str, ...]):
    said = yiguan(*words, "--help")
    assert said.code == 0
    assert re.search(rf"例 / example:\s.*yiguan {' '.join(words)}", said.text, re.DOTALL)


def refusal(yiguan: Terminal, *words: str, **environment: object) -> str:
    said = yiguan(*words, **environment)
    assert said.code == 1
    assert len(said.lines) == 1, said.text
    return said.lines[0]


def test_a_port_that_is_no_number_is_named(yiguan: Terminal):
    assert "YIGUAN_PORT='abc'" in refusal(yiguan, "serve", YIGUAN_PORT="abc")


def test_a_log_level_there_is_not_is_refused_with_those_there_are(yiguan: Terminal):
    said = refusal(yiguan, "serve", YIGUAN_LOG_LEVEL="chatty")
    assert "chatty" in said
    assert "warning" in said


def test_an_address_that_is_no_databases_is_shown_a_good_one(yiguan: Terminal):
    assert "postgresql://" in refusal(yiguan, "migrate", YIGUAN_DATABASE_URL="oracle")


@pytest.mark.parametrize("word", ["migrate", "doctor"])
def test_a_database_that_does_not_answer_is_named_without_its_password(yiguan: Terminal, word: str):
    url = "postgresql://yiguan:secret@127.0.0.1:1/yiguan"
    said = refusal(yiguan, word, YIGUAN_DATABASE_URL=url)
    assert "127.0.0.1:1/yiguan" in said
    assert "secret" not in said


@pytest.mark.parametrize("words", [("send", "井盖不见了"), ("units",), ("explain", "x")])
def test_a_service_that_does_not_run_is_named(yiguan: Terminal, words: tuple[str, ...]):
    said = refusal(yiguan, *words, YIGUAN_URL=NOBODY, YIGUAN_KEY="yg_a_b")
    assert NOBODY in said
    assert "yiguan serve" in said


def test_without_a_key_it_says_how_to_get_one(yiguan: Terminal):
    assert "yiguan key create" in refusal(yiguan, "units")


def test_an_unknown_organisation_gets_no_key(yiguan: Terminal, database_url: str):
    words = ("key", "create", "999999-ZX", "无名", "--role", "clerk")
    said = refusal(yiguan, *words, YIGUAN_DATABASE_URL=database_url)
    assert "999999-ZX" in said


def test_a_key_is_made_listed_and_revoked(yiguan: Terminal, database_url: str):
    words = ("key", "create", f"{given.HARBOUR}-ZX", "张敏", "--role", "clerk")
    secret = yiguan(*words, YIGUAN_DATABASE_URL=database_url).text.strip()
    key_id = secret.split("_")[1]
    listed = yiguan("key", "list")
    assert key_id in listed.text
    assert f"{given.HARBOUR}-ZX" in listed.text
    assert secret not in listed.text
    assert yiguan("key", "revoke", key_id).code == 0
    assert key_id in refusal(yiguan, "key", "revoke", key_id)


def test_a_file_that_is_not_there_is_named(yiguan: Terminal):
    said = yiguan("load", "list", "/nowhere.csv")
    assert said.code == 2
    assert "/nowhere.csv" in said.text


def test_a_refused_sheet_lists_its_faults_by_row_and_column(
    yiguan: Terminal, tmp_path: Path, database_url: str
):
    header, *rows = LIST.read_text(encoding="utf-8").splitlines()[:4]
    file = tmp_path / "list.csv"
    file.write_text("\n".join([header, rows[0], "x,y"]), encoding="utf-8")
    said = yiguan("load", "list", str(file), YIGUAN_DATABASE_URL=database_url)
    assert said.code == 1
    assert "row 3, limit" in said.text
    assert "第3行 limit" in said.text


def test_the_same_data_again_are_nothing_new(yiguan: Terminal, database_url: str):
    first = yiguan("load", "--shipped", YIGUAN_DATABASE_URL=database_url)
    again = yiguan("load", "--shipped")
    assert "rulebook 2 published" in first.text
    assert "nothing new: rulebook 2 stays" in again.text


def test_moments_are_shown_in_the_citys_time(yiguan: Terminal, database_url: str):
    said = yiguan("load", "--shipped", YIGUAN_DATABASE_URL=database_url)
    shown = re.search(r"(\d\d-\d\d \d\d:\d\d:\d\d) 起生效", said.text)
    assert shown
    # In force five seconds after it was published; never a whole hour from the city's own time.
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    at = datetime.fromisoformat(f"{now.year}-{shown[1]}+08:00")
    assert abs((at - now).total_seconds()) < 60


def test_the_contract_is_written(yiguan: Terminal, tmp_path: Path):
    file = tmp_path / "new" / "v1.json"
    assert yiguan("openapi", str(file)).code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["openapi"].startswith("3.1")
