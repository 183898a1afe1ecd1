"""Signing in, staying signed in, and who is kept out."""

import html
import re

import httpx
import pytest

from app.api.sessions import COOKIE
from app.domain.authority import Role
from tests import given
from tests.browsing import Opener


async def signed_in(city: given.City, key: str) -> httpx.Cookies:
    answer = await city.client.post(
        "/sign-in", data={"key": key, "next": "/centre"}, headers={"Origin": "http://yiguan"}
    )
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/centre"
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    assert key not in cookie
    return answer.cookies


async def test_whoever_is_not_signed_in_is_led_to_the_entrance_and_back(city: given.City):
    answer = await city.client.get("/?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/%3Fx%3D1")
    part = await city.client.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (204, "/sign-in?next=/")


async def test_a_wrong_key_is_refused_in_the_readers_language(city: given.City):
    ours = {"Origin": "http://yiguan"}
    form = {"key": "yg_no"}
    chinese = await city.client.post("/sign-in", data=form, headers=ours)
    english = await city.client.post("/sign-in", data=form, headers={**ours, "Cookie": "lang=en"})
    assert (chinese.status_code, english.status_code) == (401, 401)
    assert "密钥" in chinese.text
    assert "key" in english.text
    assert '<html lang="zh-CN">' in chinese.text
    assert '<html lang="en">' in english.text


@pytest.mark.parametrize("target", ["//elsewhere.cn", "https://elsewhere.cn", "/\\elsewhere.cn"])
async def test_nobody_is_led_elsewhere(city: given.City, target: str):
    key = await city.key(given.EAST + "-ZX", Role.CLERK)
    answer = await city.client.post(
        "/sign-in", data={"key": key, "next": target}, headers={"Origin": "http://yiguan"}
    )
    assert answer.headers["location"] == "/"


async def test_a_session_acts_as_its_key_does_but_from_our_own_pages_alone(city: given.City):
    cookies = await signed_in(city, await city.key(given.HARBOUR + "-ZX", Role.CLERK))
    headers = {"Cookie": f"{COOKIE}={cookies[COOKIE]}"}
    read = await city.client.get("/v1/units", headers=headers)
    assert read.status_code == 200

    async def written(**more: str) -> int:
        answer = await city.client.post(
            "/v1/events", json=city.report(), headers={**headers, **more}
        )
        return answer.status_code

    assert await written() == 403
    assert await written(Origin="http://elsewhere.cn") == 403
    assert await written(**{"Sec-Fetch-Site": "cross-site", "Origin": "http://yiguan"}) == 403
    assert await written(Origin="http://yiguan") == 201
    assert await written(**{"Sec-Fetch-Site": "same-origin"}) == 201


async def test_a_changed_cookie_and_one_that_has_run_out_are_nobody(city: given.City):
    cookies = await signed_in(city, await city.key(given.HARBOUR + "-ZX", Role.CLERK))
    sealed = cookies[COOKIE]
    for cookie in (sealed[:-4] + "AAAA", "nonsense", "%%%"):
        answer = await city.client.get("/v1/units", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == 401
    city.clock.forward(days=31)
    answer = await city.client.get("/v1/units", headers={"Cookie": f"{COOKIE}={sealed}"})
    assert answer.status_code == 401


async def test_somebody_signs_in_changes_the_language_and_leaves(
    city: given.City, open_window: Opener
):
    window = await open_window(None)
    await window.go("/sign-in")
    assert "密钥" in await window.text()
    await window.page.click("a.language")
    assert "Key" in await window.text()
    await window.page.fill("#key", "yg_wrong")
    await window.page.click("button.primary")
    assert await window.page.get_attribute("#key", "aria-invalid") == "true"
    await window.page.fill("#key", await city.key(given.EAST + "-ZX", Role.CLERK, name="陈工"))
    await window.page.click("button.primary")
    await window.page.wait_for_url("**/screen")
    assert window.outside == []
    # The refused key is a 401, which the console tells; nothing else may.
    assert [one for one in window.console if "401" not in one] == []


async def test_the_language_is_changed_where_one_is(city: given.City):
    page = await city.client.get("/sign-in?next=/units%3Fstate%3Dtriage%26limit%3D20")
    (link,) = re.findall(r'class="language"[^>]* href="([^"]+)"', page.text)
    answer = await city.client.get(html.unescape(link))
    assert answer.headers["location"] == str(page.url.raw_path, "ascii")
    assert "lang=en" in answer.headers["set-cookie"]
