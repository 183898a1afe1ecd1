"""Assets: packed, kept for ever under the address that names their content, and nothing else."""

import gzip

import pytest

from app.web.assets import ASSETS, address
from tests import given


async def test_an_asset_is_kept_for_ever_under_its_own_address(city: given.City):
    pinned = await city.client.get(address("site.css"))
    plain = await city.client.get("/static/site.css")
    old = await city.client.get("/static/site.css?v=older")
    assert "immutable" in pinned.headers["cache-control"]
    assert "immutable" not in plain.headers["cache-control"] + old.headers["cache-control"]
    assert pinned.content == plain.content == old.content == ASSETS["site.css"].content


async def test_texts_are_packed_for_who_takes_that(city: given.City):
    packed = await city.client.get("/static/site.js", headers={"Accept-Encoding": "gzip"})
    plain = await city.client.get("/static/site.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    asset = ASSETS["site.js"]
    assert asset.packed is not None
    assert gzip.decompress(asset.packed) == asset.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)


@pytest.mark.parametrize("name", ["..%2fassets.py", "nothing.js", ".", "%00", "site.css%00"])
async def test_nothing_but_the_assets_is_there(city: given.City, name: str):
    assert (await city.client.get(f"/static/{name}")).status_code == 404


async def test_a_page_allows_nothing_within_it_and_nothing_from_elsewhere(city: given.City):
    page = await city.client.get("/sign-in")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "<style" not in page.text
    assert "<script>" not in page.text
