"""Windows onto the small city's service."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from playwright.async_api import Browser

from app.api.sessions import COOKIE
from tests import browsing, given
from tests.browsing import Opener, SignedIn


@pytest.fixture
async def address(city: given.City) -> AsyncIterator[str]:
    """Where the small city's service listens, for a browser can speak to nothing else."""
    async with browsing.served(city.app) as served_at:
        yield served_at


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests: it takes longer to start than most of them do."""
    if browsing.CHROMIUM is None:
        pytest.skip(browsing.ABSENT)
    async with browsing.chromium() as started:
        yield started


@pytest.fixture
async def open_window(address: str, browser: Browser) -> AsyncIterator[Opener]:
    """Opens windows in a headless browser, each of its own person and with nothing kept."""
    yield partial(browsing.open_window, browser, address)
    for context in browser.contexts:
        await context.close()


@pytest.fixture
def signed_in(city: given.City) -> SignedIn:
    """What the browser of whoever has a key sends, for pages that are read without one."""

    def headers(key: str, *, english: bool = False) -> dict[str, str]:
        sealed = city.app.state.service.sessions.begin(key, city.clock.now())
        return {"Cookie": f"{COOKIE}={sealed}; lang={'en' if english else 'zh'}"}

    return headers
