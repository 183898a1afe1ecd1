"""key: keys of people and machines."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Column

from app.cli.root import console, database, day, key_file, lines, run, server
from app.domain.area import Areas
from app.domain.authority import Role
from app.domain.errors import Unavailable
from app.domain.organisation import OrganisationCode, Organisations
from app.domain.policy import Policies
from app.domain.responsibility import ResponsibilityList
from app.domain.rulebook import Part, Rulebook
from app.flows import access
from app.flows.access import NewKey
from app.settings import Settings
from app.store import accounts, parts, rulebooks
from app.store.accounts import KeyRow
from app.store.database import Tx

group = typer.Typer(help="访问密钥 / keys of people and machines", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(group, name="key")


@group.command("create")
def create(
    organisation: Annotated[str, typer.Argument(help="单位编码 / organisation code")],
    name: Annotated[str, typer.Argument(help="姓名或系统名 / who it is for")],
    role: Annotated[
        list[Role], typer.Option("--role", "-r", help="角色, 可多次 / role, repeatable")
    ],
    *,
    save: Annotated[
        bool, typer.Option("--save", help="存为本机命令行所用 / keep it for this command line")
    ] = False,
) -> None:
    """新建密钥, 只显示这一次 / make a key; it is shown this once.

    例 / example: `yiguan key create 500103-ZX 张敏 --role clerk --role supervisor`
    """
    with server(Settings.from_environment()) as (ready, _):
        made = run(_create(ready, organisation, name, role))
        if save:
            path = key_file(ready)
            path.touch(mode=0o600, exist_ok=True)
            path.write_text(made.secret)
    console.print(made.secret, soft_wrap=True)


@group.command("list")
def show() -> None:
    """列出密钥(不含密文) / list the keys, without their secrets.

    例 / example: `yiguan key list`
    """
    with server(Settings.from_environment()) as (ready, _):
        rows = run(_all(ready))
    table = lines(
        Column("id", no_wrap=True),
        "姓名 name",
        Column("单位 body", no_wrap=True),
        "角色 roles",
        Column("创建 made", no_wrap=True),
        Column("吊销 ended", no_wrap=True),
    )
    for row in rows:
        made, gone = day(row.created_at), day(row.revoked_at)
        table.add_row(row.id, row.name, row.organisation, " ".join(row.roles), made, gone)
    console.print(table)


@group.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="密钥 id / the key's id")]) -> None:
    """吊销密钥 / revoke a key; it bites within 10 seconds.

    例 / example: `yiguan key revoke 3f9c0a1b2c3d4e5f`
    """
    with server(Settings.from_environment()) as (ready, _):
        run(_revoke(ready, key_id))
    console.print("已吊销 / revoked")


async def _create(settings: Settings, organisation: str, name: str, roles: list[Role]) -> NewKey:
    now = datetime.now(UTC)
    async with database(settings) as opened, opened.transaction() as tx:
        return await access.create(
            tx,
            await _in_force(tx, now),
            name=name,
            organisation=OrganisationCode(organisation),
            roles=roles,
            at=now,
        )


async def _all(settings: Settings) -> list[KeyRow]:
    found: list[KeyRow] = []
    async with database(settings) as opened, opened.reading() as tx:
        while page := await accounts.page(tx, after=found[-1].id if found else "", limit=200):
            found += page
    return found


async def _revoke(settings: Settings, key_id: str) -> None:
    now = datetime.now(UTC)
    async with database(settings) as opened, opened.transaction() as tx:
        await access.revoke(tx, await _in_force(tx, now), key_id, at=now)


async def _in_force(tx: Tx, now: datetime) -> Rulebook:
    """Return the rulebook in force, without the indexes of a Library that keys do not need."""
    version = await rulebooks.in_force(tx, now=now)
    edition = await rulebooks.edition(tx, version) if version else None
    if edition is None:
        raise Unavailable(
            zh="规则库尚未发布, 请先运行 `yiguan load`",
            en="no rulebook is in force yet: run `yiguan load`",
        )
    content: dict[Part, Any] = {
        part: parts.decode(part, await rulebooks.part_content(tx, part, number))
        for part, number in edition.parts.items()
    }
    return Rulebook(
        version=edition.version,
        areas=Areas(content[Part.AREAS]),
        organisations=Organisations(content[Part.ORGANISATIONS]),
        list=ResponsibilityList(content[Part.LIST]),
        calendar=content[Part.CALENDAR],
        policies=Policies(content[Part.POLICIES]),
        parts=edition.parts,
    )
