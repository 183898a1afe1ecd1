"""docs/webhooks.md tells what is: fields, waits, ports and addresses."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.api.webhook_models import WebhookIn
from app.cli.operate import contract
from app.domain.retry import FUSE, GIVEN_UP
from app.domain.topic import FAMILIES
from app.domain.webhook import SCHEDULE
from app.settings import WEBHOOK_PORTS

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours"}


def test_it_lists_every_field_with_its_default():
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| `")]
    for name, field in WebhookIn.model_fields.items():
        (default,) = [row[3] for row in rows if f"`{name}`" in row[1]][:1]
        if isinstance(field.default, int | str):
            assert str(field.default) in default, name


def test_its_waits_are_the_schedule():
    (row,) = re.findall(r"^\| after another \|(.*)\|$", PAGE, re.MULTILINE)
    waits = [re.fullmatch(r"(\d+) (\w+)", cell.strip()) for cell in row.split("|")]
    told = [timedelta(**{UNITS[wait[2]]: int(wait[1])}).total_seconds() for wait in waits if wait]
    assert told == list(SCHEDULE)


def test_its_figures_are_the_circuit_breakers():
    assert (FUSE.in_a_row, FUSE.window, GIVEN_UP.days) == (10, 50, 5)
    assert (FUSE.shortest.seconds, FUSE.longest.seconds) == (30, 15 * 60)
    for words in ("ten times in a row", "half of its last fifty", "30 s", "15 min", "five days"):
        assert words in PAGE


def test_it_names_the_families_and_the_ports():
    assert all(f"`{family}`" in PAGE for family in FAMILIES)
    *most, last = map(str, sorted(WEBHOOK_PORTS))
    assert f"{', '.join(most)} and {last}" in PAGE


@pytest.mark.parametrize("verb", ["rotate", "disable", "enable", "resend", "recover"])
def test_what_it_says_to_post_there_is(verb: str):
    assert f"…:{verb}" in PAGE
    assert f"/v1/webhooks/{{webhook}}:{verb}" in contract()
