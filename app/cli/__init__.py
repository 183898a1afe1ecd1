"""The command line: `yiguan …`, one file a command group."""

import sys
from typing import Never

import asyncpg
import httpx
import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from app.cli import (
    explaining,
    keys,
    operate,
    play,
    reference,
    reorganise,
    replay,
    serve,
    versions,
    work,
)
from app.cli.root import console, unreachable
from app.domain.errors import BadSheet, DomainError
from app.store.embedded import EmbeddedError

app = typer.Typer(
    name="yiguan",
    help="一贯: 三级治理中心事件分拨 / event routing for a city's three-tier centres",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for group in (
    serve,
    play,
    reference,
    versions,
    reorganise,
    keys,
    work,
    explaining,
    replay,
    operate,
):
    group.add_to(app)


def main() -> None:
    """Run a command; a refusal is one line that says the way out."""
    try:
        app()
    except BadSheet as refusal:
        console.print(f"[red]{refusal.zh}[/] / {refusal.en}")
        for fault in refusal.faults:
            console.print(f"  {fault}", markup=False, soft_wrap=True)
        sys.exit(1)
    except httpx.TransportError as error:
        _refuse(unreachable(error))
    except (asyncpg.PostgresError, SQLAlchemyError, CommandError) as error:
        _refuse(f"数据库 / database: {str(error).partition(chr(10))[0]}")
    except (DomainError, EmbeddedError, ValueError, LookupError, OSError) as error:
        _refuse(str(error))


def _refuse(text: str) -> Never:
    console.print(f"错误 / error: {text}", style="red", markup=False, soft_wrap=True)
    sys.exit(1)
