"""Takes the pictures of the READMEs, of the demo's own day: `.venv/bin/python -m docs.pictures`."""

import argparse
import asyncio
import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser
from scipy.spatial.distance import cdist

from app.cli.play import Stage, of_its_own, shipped_day, staged
from app.cli.root import run, server
from app.cli.serve import set_up_logs
from app.demo.cast import CAST, Character
from app.demo.player import Play
from app.demo.reports import ZONE, Report
from app.settings import Settings
from tests import browsing

Pixels = NDArray[np.uint8]

FOLDER: Final = Path(__file__).with_name("pictures")
DIRECTOR, DISTRICT, STREET, DEPARTMENT, WORKER = CAST
MOMENT: Final = time(16, 5)
"""Of the played day: much is done, much is under way, some of it is late."""
FINE: Final = 3
"""Bits of a colour's channel that make no difference."""
BUCKETS: Final = 1 << 15
READ: Final = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data;
  let found = "";
  for (let at = 0; at < data.length; at += 30000) {
    found += btoa(String.fromCharCode(...data.subarray(at, at + 30000)));
  }
  return { width: image.width, height: image.height, data: found };
}"""
CALM: Final = 1.5
"""Seconds until a page has settled."""


@dataclass(frozen=True)
class Picture:
    """What is looked at, by whom, and how large."""

    name: str
    by: Character
    path: str
    english: bool = False
    width: int = 1280
    height: int = 800
    scale: float = 1
    is_phone: bool = False
    opens: str = ""
    """What is clicked first."""


PICTURES: Final = (
    Picture("screen", DIRECTOR, "/screen", height=860),
    Picture("screen-wall", DIRECTOR, "/screen", english=True, width=3840, height=2160, scale=0.5),
    Picture("centre", DISTRICT, "/centre?subtree=true", opens="#queue a.opens"),
    Picture("unit", DIRECTOR, "/units/{unit}", english=True, height=1100),
    Picture("lists", DIRECTOR, "/lists"),
    Picture("reports", DIRECTOR, "/reports", height=1150),
    Picture("grid", WORKER, "/grid", width=390, height=780, scale=1.5, is_phone=True),
)


async def take(settings: Settings, port: int, speed: float, folder: Path) -> None:
    """Play the day until the moment, stop its clock, and look at everything."""
    staging = shipped_day(port, speed=speed)
    own = of_its_own(settings, f"yiguan_pictures_{port}")
    async with staged(own, staging) as stage, browsing.chromium() as browser:
        for one in CAST:
            await stage.door.people.key(one.code, one.kind, one.duty)
        await play(stage, staging.reports)
        late = max(stage.watch.units.values(), key=told_of)["id"]
        for picture in PICTURES:
            taken = await shot(browser, stage, picture, picture.path.format(unit=late))
            content = packed(await pixels_of(browser, taken))
            (folder / f"{picture.name}.png").write_bytes(content)
            print(f"{picture.name}.png {len(content) / 1000:,.0f} kB")


async def play(stage: Stage, day: Sequence[Report]) -> None:
    """Play until the moment; then the clock stands."""
    clock = stage.town.clock
    playing = asyncio.create_task(
        Play(stage.town, stage.watch, stage.city, lambda *_: None).run(day)
    )
    day_of = clock.opening.astimezone(ZONE).date()
    await clock.sleep(datetime.combine(day_of, MOMENT, ZONE) - clock.now())
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    clock.stop()


def told_of(unit: dict[str, Any]) -> tuple[bool, bool, int]:
    """Rank units by how much there is to see."""
    return unit["kind"] == "event", unit["state"] == "coordinating", len(unit["raised"])


async def shot(browser: Browser, stage: Stage, picture: Picture, path: str) -> bytes:
    """Step in as the picture's person and take it."""
    window = await browsing.open_window(
        browser,
        stage.address,
        None,
        english=picture.english,
        width=picture.width,
        height=picture.height,
        device_scale_factor=picture.scale,
        has_touch=picture.is_phone,
        is_mobile=picture.is_phone,
    )
    await window.go(stage.door.path)
    await window.go("/demo")
    await window.page.click(f'button[value="{picture.by.code}"]')
    await window.page.wait_for_load_state("load")
    await window.go(path)
    await asyncio.sleep(CALM)
    if picture.opens:
        await window.page.locator(picture.opens).first.click()
        await asyncio.sleep(CALM)
    content = await window.page.screenshot(animations="disabled", caret="hide")
    await window.context.close()
    return content


def packed(pixels: Pixels) -> bytes:
    """Return a PNG of the colours that matter: at most 256, which is all a page's picture needs."""
    coarse = (pixels >> FINE).astype(np.int32)
    bucket = coarse[..., 0] << 10 | coarse[..., 1] << 5 | coarse[..., 2]
    present, many = np.unique(bucket, return_counts=True)
    flat, colours = bucket.ravel(), pixels.reshape(-1, 3)
    sums = [np.bincount(flat, colours[:, channel], BUCKETS)[present] for channel in range(3)]
    means = np.stack(sums, axis=1) / many[:, None]
    palette = means[np.argsort(many)[-256:]]
    index = np.zeros(BUCKETS, np.uint8)
    index[present] = cdist(means, palette).argmin(axis=1)
    rows = np.pad(index[bucket], ((0, 0), (1, 0)))
    height, width = bucket.shape
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette.round().astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    whole = kind + body
    return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))


async def pixels_of(browser: Browser, png: bytes) -> Pixels:
    """Return what a PNG shows, red, green and blue: the browser can read it already."""
    page = await browser.new_page()
    found = await page.evaluate(READ, base64.b64encode(png).decode())
    await page.close()
    raw = np.frombuffer(base64.b64decode(found["data"]), np.uint8)
    return raw.reshape(found["height"], found["width"], 4)[..., :3]


def main() -> None:
    """Take all of them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    asked.add_argument("--port", type=int, default=8765)
    asked.add_argument("--speed", type=float, default=1.0)
    told = asked.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    settings = replace(Settings.from_environment(), log_level="error")
    set_up_logs(settings)
    with server(settings) as (ready, _):
        run(take(ready, told.port, told.speed, told.folder))


if __name__ == "__main__":
    main()
