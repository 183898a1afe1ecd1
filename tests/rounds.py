"""A grid worker on their rounds: a phone, the photos it takes, and the work it finds."""

import struct
import zlib
from typing import Any

from playwright.async_api import FilePayload, Page, expect

from app.domain.authority import Role
from tests import given
from tests.browsing import Opener, Window
from tests.given import City, Person

TEAM = f"{given.GRID}-WG"
TEXT = "楼下一堆垃圾好臭没人收"
HERE = {"longitude": 106.55, "latitude": 29.56, "accuracy": 12}
PHONE = {"width": 390, "height": 844, "geolocation": HERE, "permissions": ["geolocation"]}


def photo(name: str = "IMG_1.png", width: int = 2400, height: int = 1200) -> FilePayload:
    """A picture larger than what is sent."""
    rows = (b"\x00" + bytes((90, 140, 60)) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    packed = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return {"name": name, "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + packed}


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height, as the frame header tells them."""
    at = next(at for at in range(2, len(jpeg)) if jpeg[at : at + 2] in {b"\xff\xc0", b"\xff\xc2"})
    height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
    return width, height


async def worker(city: City, name: str = "王芳") -> Person:
    return await city.person(TEAM, Role.GRID_WORKER, name=name)


async def phone_of(person: Person, open_window: Opener, **options: Any) -> Window:
    """The worker's phone with the page open, kept for when there is no network."""
    window = await open_window(person.key, **{**PHONE, **options})
    await ready(window.page)
    return window


async def ready(page: Page) -> None:
    await page.wait_for_url("**/grid*")
    await expect(page.locator("#who")).not_to_be_empty()
    await page.evaluate("navigator.serviceWorker.ready")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")


async def take(page: Page, box: str, *photos: FilePayload) -> None:
    await page.set_input_files(f"{box} input[type=file]", list(photos))
    await expect(page.locator(f"{box} li img")).to_have_count(len(photos))


async def tell(page: Page, text: str = TEXT) -> None:
    await page.fill("#text", text)
    await page.click("#report .primary")


async def turn_to(page: Page, view: str) -> None:
    await page.click(f".tabs a[href='#{view}']")
    await expect(page.locator(f"#view-{view}")).to_be_visible()


async def waits(page: Page, count: int) -> None:
    """So many things are in the outbox, as its tab says on every view."""
    await expect(page.locator("#waiting")).to_have_text(str(count) if count else "")


async def reported(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.get("/v1/me/events"))["items"]
    return found


async def assigned(city: City, text: str = TEXT) -> str:
    """A unit on the team's hands, which the street's centre has reported."""
    clerk = await city.person(f"{given.HARBOUR}-ZX", Role.CLERK)
    answer = await clerk.post(city.report(text))
    assert answer.status_code == 201, answer.text
    unit = answer.json()["unit"]
    assert (unit["holder"]["code"], unit["state"]) == (TEAM, "dispatched")
    return str(unit["id"])
