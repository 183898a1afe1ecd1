"""list import and list export: a city's own sheet as a draft, and a list as a sheet."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from app import data
from app.cli.imported import show
from app.cli.root import console, database, run, server
from app.domain.errors import Unavailable
from app.domain.responsibility import Entry
from app.domain.rulebook import Part, Rulebook
from app.flows import drafts
from app.flows.rulebook import Library
from app.settings import Settings
from app.sheets import crosswalk as crosswalk_sheet
from app.sheets import findings as finding_sheet
from app.sheets import importing
from app.sheets import mapping as mappings
from app.sheets import responsibility as list_sheet
from app.sheets.importing import Imported

BY: Final = "yiguan list import"
_EXISTING: Final = {"exists": True, "dir_okay": False}


def add_to(listing: typer.Typer) -> None:
    """Add the commands."""
    listing.command("import")(import_list)
    listing.command("export")(export_list)


@dataclass(frozen=True, slots=True)
class _Source:
    """What to read, and how."""

    file: Path
    mapping: Path
    crosswalk: Path

    def read(self, functions: Iterable[str]) -> Imported:
        """Return what the sheet says, where these functions exist."""
        known = set(functions)
        return importing.read(
            self.file,
            mappings.load(self.mapping, functions=known),
            crosswalk=crosswalk_sheet.parse(self.crosswalk),
            functions=known,
            names=data.functions(),
        )


@dataclass(frozen=True, slots=True)
class _Result:
    """What was read, the list that comes of it, and the draft it is stored as."""

    imported: Imported
    entries: tuple[Entry, ...]
    draft: str = ""


def import_list(
    file: Annotated[
        Path,
        typer.Argument(help="本市自己的 CSV 或 XLSX / a city's own sheet", **_EXISTING),
    ],
    *,
    mapping: Annotated[
        Path | None,
        typer.Option(help="列对应, 缺省为表旁的 .mapping.yaml / the column mapping", **_EXISTING),
    ] = None,
    crosswalk: Annotated[
        Path | None,
        typer.Option(help="新旧分类对照表, 缺省为内置 / default: the shipped one", **_EXISTING),
    ] = None,
    beside: Annotated[
        bool, typer.Option("--beside", help="与现行清单并列 / side by side with the list in force")
    ] = False,
    draft: Annotated[
        bool, typer.Option("--draft/--no-draft", help="存为草稿 / store a draft")
    ] = True,
    note: Annotated[str, typer.Option(help="草稿的说明 / what the draft is")] = "",
    out: Annotated[
        Path | None, typer.Option(help="写出清单 / write the list sheet", dir_okay=False)
    ] = None,
    findings: Annotated[
        Path | None, typer.Option(help="写出全部问题 / write all findings", dir_okay=False)
    ] = None,
) -> None:
    """按列对应导入本市的清单, 读不懂的逐行列出 / import a city's own sheet by a column mapping.

    读得懂的行存为草稿, 可检查、试运行后再发布; 现行清单不变。
    What is understood becomes a draft; the list in force stays as it is.

    例 / example: `yiguan list import 立案标准.xlsx` · `yiguan list import 立案标准.csv --beside
    --findings 问题.xlsx`
    """
    crossed = crosswalk or data.folder() / "crosswalk.csv"
    source = _Source(file, mapping or mappings.beside(file), crossed)
    if draft or beside:
        with server(Settings.from_environment()) as (ready, _):
            text = note or f"导入 {file.name}"
            result = run(_drafted(ready, source, note=text, beside=beside, stored=draft))
    else:
        imported = source.read(data.functions())
        result = _Result(imported, imported.entries)
    _write(result, out, findings)
    show(result.imported)
    if not result.imported.entries:
        raise ValueError("没有一行可以导入 / not a single row could be imported")
    _conclude(result)


async def _drafted(
    settings: Settings, source: _Source, *, note: str, beside: bool, stored: bool
) -> _Result:
    """Read the sheet against the rulebook in force, and store what comes of it as a draft."""
    now = datetime.now(UTC)
    library = Library()
    async with database(settings) as opened:
        async with opened.reading() as tx:
            await library.follow(tx, now=now)
        present = _in_force(library, now)
        bodies = present.organisations.values()
        functions = {function for body in bodies for function in body.functions}
        imported = await asyncio.to_thread(source.read, functions)
        entries = imported.entries
        if beside:
            imported = importing.beside(present.list.values(), imported)
            entries = (*present.list.values(), *imported.entries)
        if not (stored and imported.entries):
            return _Result(imported, entries)
        async with opened.transaction() as tx:
            draft = await drafts.save(tx, {Part.LIST: entries}, note=note, now=now, by=BY)
        return _Result(imported, entries, draft.name)


def _in_force(library: Library, now: datetime) -> Rulebook:
    """Return the rulebook in force; raises ValueError that says how to have one."""
    try:
        return library.current(now).rulebook
    except Unavailable:
        raise ValueError(
            "尚无规则库: 先用 yiguan load 发布整座城市, 或加 --no-draft --out 只写清单"
            " / no rulebook yet: publish a city with yiguan load, or use --no-draft --out"
        ) from None


def _write(result: _Result, out: Path | None, findings: Path | None) -> None:
    if out is not None:
        list_sheet.write(out, result.entries)
    if findings is not None:
        finding_sheet.write(findings, result.imported.findings)
    for path in filter(None, (out, findings)):
        console.print(f"已写出 / written: {path}", soft_wrap=True)


def _conclude(result: _Result) -> None:
    if not result.draft:
        return
    schemes = Counter(entry.category.scheme for entry in result.entries)
    told = "; ".join(f"{scheme} {count}" for scheme, count in schemes.most_common())
    name = result.draft
    console.print(f"草稿 {name} / draft {name}: {told}", soft_wrap=True)
    console.print(f"下一步 / next: yiguan list check {name} · yiguan list try {name}")


def export_list(
    file: Annotated[
        Path, typer.Argument(help="写到 .xlsx 或 .csv / where to write it", dir_okay=False)
    ],
    *,
    version: Annotated[
        str, typer.Option(help="current、版本号 17 或草稿 d3 / which list")
    ] = drafts.CURRENT,
) -> None:
    """把职责清单写成表格, 改后可再载入 / write a list as a sheet that loads again.

    例 / example: `yiguan list export 职责清单.xlsx` · `yiguan list export --version d3 草稿.csv`
    """
    with server(Settings.from_environment()) as (ready, _):
        entries = run(_entries(ready, version))
    list_sheet.write(file, entries)
    console.print(f"已写出 {len(entries)} 条 / {len(entries)} entries: {file}", soft_wrap=True)


async def _entries(settings: Settings, version: str) -> tuple[Entry, ...]:
    now = datetime.now(UTC)
    library = Library()
    async with database(settings) as opened, opened.reading() as tx:
        await library.follow(tx, now=now)
        reference = await drafts.reference(tx, library, version, now=now)
        return tuple(reference.rulebook.list.values())
