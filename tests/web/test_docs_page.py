"""The API's documentation, in a real browser that reaches nothing but the service."""

import re

from tests import given
from tests.browsing import Opener


async def test_a_browser_without_internet_shows_every_operation(
    city: given.City, open_window: Opener
):
    window = await open_window(None)
    await window.go("/docs")
    await window.page.wait_for_selector('[data-path="/v1/events"]', timeout=60_000)
    contract = (await city.client.get("/openapi.json")).json()
    operations = {
        f"operations-{operation['tags'][0]}-{operation['operationId']}"
        for place in ("paths", "webhooks")
        for path in contract[place].values()
        for operation in path.values()
    }
    shown = re.findall(r'id="(operations-(?!tag-)[^"]+)"', await window.page.content())
    assert set(shown) == operations
    assert f"{window.address}/openapi.json" in window.asked
    assert window.outside == []
    # Whatever the policy forbids, and every script that fails, the console tells.
    assert window.console == []


async def test_the_page_refers_to_nothing_outside(city: given.City):
    page = await city.client.get("/docs")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assets = {link: await city.client.get(link) for link in links if link.startswith("/")}
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert [link for link in links if not link.startswith(("/static/", "data:"))] == []
    assert {link: answer.status_code for link, answer in assets.items()} == dict.fromkeys(
        assets, 200
    )
    style = assets["/static/swagger-ui.css"].text
    fetched = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", style)
    assert [url for pair in fetched for url in pair if url and not url.startswith("data:")] == []
    assert "http" not in assets["/static/docs.js"].text
