"""Who is calling: bearer keys, recognised once and remembered for a few seconds."""

from datetime import datetime
from typing import Final

from app.domain.authority import Caller
from app.flows import access
from app.store.database import Database

REMEMBERED: Final = 10.0
"""Seconds a recognised key is trusted without asking again: how late a revocation can bite."""

MOST: Final = 10_000


class Keyring:
    """The keys this process has recognised lately, by hash."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[Caller, float]] = {}

    async def caller(self, authorization: str, *, now: datetime, tick: float) -> Caller:
        """Return who a request comes from; raises Unauthenticated.

        `tick` is a monotonic time in seconds: trust must not stretch with a played clock.
        """
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise access.unknown_key()
        key = access.hash_of(secret.strip())
        known = self._known.get(key)
        if known is not None and known[1] > tick:
            return known[0]
        async with self._database.reading() as tx:
            caller = await access.recognise(tx, secret.strip(), now=now)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = (caller, tick + REMEMBERED)
        return caller
