"""The way to PostgreSQL: one pool, and transactions on its connections."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import orjson
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement

from app.domain.errors import Unavailable

_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
)
BAD_VALUE: Final = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""PostgreSQL refuses a value: the same again would fail again."""

CONTENTION: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Others were in the way: the same again may succeed."""

_DIALECT: Final[Dialect] = dialect()  # type: ignore[no-untyped-call]
_SESSION: Final = {
    "application_name": "yiguan",
    "timezone": "UTC",
    "jit": "off",
    # A forgotten transaction would hold back the feed's horizon and vacuum.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "10s",
    # Planning an action's statements costs more than running them.
    "plan_cache_mode": "force_generic_plan",
}


class Tx:
    """One connection, in an open transaction unless it only reads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Run a statement and return its rows."""
        rows: list[asyncpg.Record] = await self._connection.fetch(sql, *values)
        return rows

    async def first(self, sql: str, *values: object) -> asyncpg.Record | None:
        """Run a statement and return its first row."""
        row: asyncpg.Record | None = await self._connection.fetchrow(sql, *values)
        return row

    async def value(self, sql: str, *values: object) -> Any:
        """Run a statement and return the first column of its first row."""
        return await self._connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: object) -> str:
        """Run a statement and return PostgreSQL's word for what it did."""
        done: str = await self._connection.execute(sql, *values)
        return done

    async def count(self, sql: str, *values: object) -> int:
        """Run a statement and return how many rows it wrote."""
        return int((await self.execute(sql, *values)).rpartition(" ")[2])

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """Undo what the block did, and nothing else, when it ends in an error."""
        async with self._connection.transaction():
            yield

    async def select(self, statement: ClauseElement) -> list[asyncpg.Record]:
        """Run a Core statement; the rows come as the driver gives them."""
        sql, values = _compiled(statement)
        return await self.fetch(sql, *values)

    async def stream(
        self, statement: ClauseElement, *, size: int
    ) -> AsyncGenerator[list[asyncpg.Record]]:
        """Run a Core statement and yield its rows some at a time, when they are too many to hold.

        Only within a transaction.
        """
        sql, values = _compiled(statement)
        cursor = await self._connection.cursor(sql, *values)
        while rows := await cursor.fetch(size):
            yield rows


def _compiled(statement: ClauseElement) -> tuple[str, list[Any]]:
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    parameters = compiled.params
    order: Sequence[str] = getattr(compiled, "positiontup", None) or ()
    return str(compiled), [parameters[name] for name in order]


class Database:
    """A pool of connections to one database."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.committed = asyncio.Event()
        """Set by each commit of this process; whoever looks for what is new clears it."""

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, *, size: int) -> AsyncGenerator["Database"]:
        """Open the pool; raises Unavailable when the server cannot be reached."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=min(2, size),
                max_size=size,
                init=_prepare,
                reset=_keep,
                server_settings=_SESSION,
                command_timeout=60,
            )
        except _AWAY as error:
            raise _away(error) from error
        try:
            yield cls(pool)
        finally:
            await pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Tx]:
        """Open a transaction that commits when the block ends well.

        Raises Unavailable when the server is away. If it goes away at the commit itself the
        outcome is unknown: whoever must know asks again.
        """
        try:
            async with self._pool.acquire(timeout=10) as connection, connection.transaction():
                yield Tx(connection)
        except _AWAY as error:
            raise _away(error) from error
        self.committed.set()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Tx]:
        """Lend a connection for reads, each statement a transaction of its own."""
        try:
            async with self._pool.acquire(timeout=10) as connection:
                yield Tx(connection)
        except _AWAY as error:
            raise _away(error) from error

    @property
    def size(self) -> int:
        """How many connections are open."""
        return int(self._pool.get_size())

    @property
    def idle(self) -> int:
        """How many of them wait for work."""
        return int(self._pool.get_idle_size())


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        zh="数据库暂时不可用, 请稍后重试",
        en=f"the database is away ({type(error).__name__})",
    )


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is: no session of ours is left changed, and asking costs."""
