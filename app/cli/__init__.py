"""The command line: `yiguan …`, one file a command group."""

import sys
from typing import Final, Never

import asyncpg
import httpx
import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from app.cli import (
    backup,
    calendars,
    clocks,
    dictionary,
    explaining,
    forecast,
    keys,
    operate,
    play,
    reference,
    reorganise,
    replay,
    serve,
    statistics,
    versions,
    webhooks,
    work,
)
from app.cli.root import errors, unreachable
from app.domain.errors import BadSheet, DomainError
from app.store.embedded import EmbeddedError

app = typer.Typer(
    name="yiguan",
    help="一贯: 三级治理中心事件分拨 / event routing for a city's three-tier centres",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
_MISUSED: Final = {
    "BadParameter": "参数不对",
    "MissingParameter": "缺少参数",
    "NoSuchOption": "没有此选项",
}
for group in (
    serve,
    play,
    reference,
    versions,
    calendars,
    reorganise,
    keys,
    work,
    explaining,
    clocks,
    forecast,
    statistics,
    replay,
    operate,
    webhooks,
    dictionary,
    backup,
):
    group.add_to(app)


def main() -> None:
    """Run a command; a refusal is one line that says the way out."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        _misused(error)
    except BadSheet as refusal:
        errors.print(f"{refusal.zh} / {refusal.en}", style="red", markup=False, soft_wrap=True)
        for fault in refusal.faults:
            errors.print(f"  {fault}", markup=False, soft_wrap=True)
        sys.exit(1)
    except httpx.TransportError as error:
        _refuse(unreachable(error))
    except (asyncpg.PostgresError, SQLAlchemyError, CommandError) as error:
        _refuse(f"数据库 / database: {str(error).partition(chr(10))[0]}")
    except (DomainError, EmbeddedError, ValueError, LookupError, OSError) as error:
        _refuse(str(error))


def _misused(error: typer.TyperException) -> Never:
    """Say that a command was given wrong words; the parser's own are English."""
    name = type(error).__name__
    # A group without a command has printed its help already.
    if name != "NoArgsIsHelpError":
        context = getattr(error, "ctx", None)
        asked = f"{context.command_path if context else 'yiguan'} --help"
        said = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
        errors.print(
            f"{_MISUSED.get(name, '用法有误')}, 用法见 `{asked}` / see `{asked}`: {said}",
            style="red",
            markup=False,
            soft_wrap=True,
        )
    sys.exit(2)


def _refuse(text: str) -> Never:
    errors.print(f"错误 / error: {text}", style="red", markup=False, soft_wrap=True)
    sys.exit(1)
