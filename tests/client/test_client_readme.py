"""The client's README tells what works."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

import yiguan_client
from app.domain.authority import Role
from tests.given import City

README = Path(__file__).parents[2] / "client/README.md"
RUN = "asyncio.run(main())"


async def test_the_quick_start_runs_as_it_stands(
    city: City, address: str, capsys: pytest.CaptureFixture[str]
):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert RUN in code
    names: dict[str, Any] = {}
    exec(compile(code.replace(RUN, ""), str(README), "exec"), names)
    key = await city.key("500101001001001-WG", Role.GRID_WORKER)
    names.update(URL=address, KEY=key)
    await names["main"]()
    number, counted = capsys.readouterr().out.strip().splitlines()[-2:]
    assert "网格队" in number
    assert counted.startswith("1 Counter({Group(organisation='500101001001001-WG'")


def test_what_the_readme_names_is_there():
    text = README.read_text(encoding="utf-8")
    problems = set(re.findall(r"`([A-Z][A-Za-z]+)`\(", text))
    assert problems == {"Stale", "Claimed", "ClaimLost", "Resync", "Unavailable"}
    assert problems <= set(yiguan_client.__all__)
    for owner, calls in (
        (yiguan_client.Client, ("report", "unit", "act", "post", "ask", "feed", "stream")),
        (yiguan_client.Desk, ("page", "watch", "claimed")),
        (yiguan_client.Mirror, ("catch_up", "follow", "count")),
    ):
        assert [call for call in calls if not callable(getattr(owner, call))] == []
        assert [call for call in calls if call not in text] == []


def test_the_client_needs_nothing_of_the_service():
    sources = [path.read_text(encoding="utf-8") for path in README.parent.rglob("*.py")]
    imported = {
        name.split(".")[0]
        for text in sources
        for name in re.findall(r"^\s*(?:from|import) ([\w.]+)", text, re.MULTILINE)
    }
    assert "app" not in imported
    assert {"httpx", "cryptography", "yiguan_client"} >= imported - set(sys.stdlib_module_names)
