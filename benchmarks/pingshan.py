"""A city never seen before, from files: Pingshan derived from events, then tried on later ones.

python -m benchmarks.pingshan                        the shared file, split after 4,000 rows
python -m benchmarks.pingshan TRAIN.csv TEST.csv     two files with the columns of the open data
python -m benchmarks.pingshan --keep DIR             also keep the sheets made on the way

Everything is learned from the training file. The test rows are posted over HTTP to a service of
their own; what it answers is compared with the unit that really had each event. docs/replay.md
says what is derived and how names are normalised.
"""

import argparse
import asyncio
import csv
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from app.cli.replay import Report, caller, post_all
from app.cli.replay import read as read_reports
from app.cli.replayed import Outcome, holders, show
from app.cli.root import database, server
from app.domain.area import AreaCode, Areas
from app.domain.authority import Role
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode
from app.domain.route import to_holder
from app.domain.rulebook import Part, Rulebook
from app.flows import access, publication
from app.flows.rulebook import Library
from app.settings import Settings
from app.sheets import areas as area_sheet
from app.sheets import calendar as calendar_sheet
from app.sheets import organisations as organisation_sheet
from app.sheets import policies as policy_sheet
from app.sheets import responsibility as list_sheet
from app.store.parts import Content
from benchmarks import pingshan_counts, pingshan_rows
from benchmarks.pingshan_city import CITY, City, derive, write_events
from benchmarks.pingshan_rows import Row
from benchmarks.service import free_port, wait_ready

ROOT: Final = Path(__file__).parents[1]
SHARED: Final = Path(os.environ.get("YIGUAN_SHARED_DATA") or ROOT.parent / "shared/data")
TRAINED: Final = 4000
CONCURRENCY: Final = 16
START: Final = 60

Shares = tuple[float, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    console = Console()
    asked = _asked(arguments)
    begun = time.monotonic()
    with _folder() as home:
        train, test = _split(home, asked.train, asked.test)
        city = derive(train)
        sheets = asked.keep or home / "sheets"
        sheets.mkdir(parents=True, exist_ok=True)
        city.write(sheets)
        write_events(sheets / "events.csv", test, city)
        console.print(_told(city, len(train), len(test), sheets))
        ours = _try_out(home, sheets)
    console.print(_compared(train, test, ours))
    console.print(f"{time.monotonic() - begun:.0f} s")


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pingshan",
        description="Derive a city from events, replay later events, compare the first holders.",
        epilog="example: python -m benchmarks.pingshan train.csv test.csv --keep /tmp/pingshan",
    )
    parser.add_argument("train", nargs="?", type=Path, help="events the city is derived from")
    parser.add_argument("test", nargs="?", type=Path, help="events that are replayed")
    parser.add_argument("--keep", type=Path, help="a folder to keep the derived sheets in")
    asked = parser.parse_args(arguments)
    if asked.train and not asked.test:
        parser.error("a training file needs a test file")
    return asked


def _split(home: Path, train: Path | None, test: Path | None) -> tuple[list[Row], list[Row]]:
    """Return the rows to learn from and those to try; the shared file is split in file order."""
    if train is None or test is None:
        train, test = home / "train.csv", home / "test.csv"
        with (SHARED / "pingshan_events.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        for path, part in ((train, rows[:TRAINED]), (test, rows[TRAINED:])):
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([header, *part])
    return pingshan_rows.read(train), pingshan_rows.read(test)


def _told(city: City, train: int, test: int, sheets: Path) -> str:
    return (
        f"{train} events → {len(city.areas)} areas, {len(city.organisations)} organisations, "
        f"{len(city.entries)} entries in {len(city.categories)} categories; "
        f"{test} events to replay; sheets in {sheets}"
    )


def _try_out(home: Path, sheets: Path) -> Shares:
    """Publish the sheets, replay the events and return the shares of right holders."""
    os.environ["YIGUAN_HOME"] = str(home)
    with server(Settings.from_environment()) as (ready, _):
        secret, book = asyncio.run(_publish(ready, sheets))
        with _serving() as url:
            reports = read_reports(sheets / "events.csv")
            outcomes = asyncio.run(_replay(url, secret, reports))
    places = {one.number: AreaCode(one.body["place"]["code"]) for one in reports}
    told = [_with_holders(outcome, places[outcome.number], book) for outcome in outcomes]
    show(told)
    first = sum(outcome.holder == outcome.expected for outcome in told)
    three = sum(outcome.expected in holders(outcome)[:3] for outcome in told)
    return first / len(told), three / len(told)


async def _publish(settings: Settings, sheets: Path) -> tuple[str, Rulebook]:
    """Publish what the sheets hold as the first rulebook; returns a reporter's key with it."""
    now, library = datetime.now(UTC), Library()
    async with database(settings) as opened, opened.transaction() as tx:
        await publication.publish(tx, _contents(sheets), now=now, by="benchmarks.pingshan")
        await library.follow(tx, now=now)
        book = library.current(now).rulebook
        centre = book.organisations.centre(CITY)
        made = await access.create(
            tx,
            book,
            name="replay",
            organisation=centre.code if centre else OrganisationCode(""),
            roles=[Role.INTEGRATOR],
            at=now,
        )
    return made.secret, book


def _contents(sheets: Path) -> dict[Part, Content]:
    """Read the sheets as `yiguan load` would."""
    areas = area_sheet.parse(sheets / "areas.csv")
    organisations = organisation_sheet.parse(sheets / "organisations.csv", Areas(areas))
    functions = {function for body in organisations for function in body.functions}
    entries = list_sheet.parse(sheets / "list.csv", functions=functions)
    return {
        Part.AREAS: areas,
        Part.ORGANISATIONS: organisations,
        Part.LIST: entries,
        Part.CALENDAR: calendar_sheet.parse(sheets / "calendar.csv"),
        Part.POLICIES: policy_sheet.parse(
            sheets / "policies.toml",
            {area.code for area in areas},
            {entry.code for entry in entries},
        ),
    }


@contextmanager
def _serving() -> Iterator[str]:
    """Run `yiguan serve` on a free port; yields its address."""
    port = free_port()
    environment = {**os.environ, "YIGUAN_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START)


async def _replay(url: str, secret: str, reports: Sequence[Report]) -> list[Outcome]:
    async with caller(url, f"Bearer {secret}") as http:
        return await post_all(http, reports, CONCURRENCY)


def _with_holders(outcome: Outcome, place: AreaCode, book: Rulebook) -> Outcome:
    """Return the outcome with the holder that routing finds for each candidate at the place."""
    path = book.areas.path(place)
    entries = [book.list[EntryCode(seen["entry"])] for seen in outcome.candidates]
    routes = [to_holder(entry.lead, entry.level, path, book) for entry in entries]
    candidates = tuple(
        {**seen, "holder": route.holder.code}
        for seen, route in zip(outcome.candidates, routes, strict=True)
    )
    return replace(outcome, candidates=candidates)


def _compared(train: Sequence[Row], test: Sequence[Row], ours: Shares) -> Table:
    """Return the service's shares beside those of the count lookup."""
    exact = pingshan_counts.shares(train, test, lambda row: row.written)
    normalised = pingshan_counts.shares(train, test, lambda row: row.unit)
    table = Table(title=f"unit that really handled it, {len(test)} later events")
    for column in ("", "first (top-1)", "among three (top-3)"):
        table.add_column(column, justify="right" if column else "left")
    for name, shares in (
        ("count lookup, names as written", exact),
        ("count lookup, normalised", normalised),
        ("Yiguan over HTTP, normalised", ours),
    ):
        table.add_row(name, *(f"{share:.1%}" for share in shares))
    return table


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder that the embedded server's user can reach."""
    with tempfile.TemporaryDirectory(prefix="yiguan-pingshan-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        yield folder


if __name__ == "__main__":
    main()
