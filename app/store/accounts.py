"""Accounts and their keys; a key's secret is never stored, only its hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.authority import Caller, Role
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Credential:
    """A key as it is stored."""

    id: str
    hash: bytes
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as lists show it."""

    id: str
    name: str
    organisation: OrganisationCode
    roles: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


async def put(tx: Tx, caller: Caller, credential: Credential) -> None:
    """Write an account with its first key."""
    await tx.execute(
        """
        WITH a AS (
            INSERT INTO account (id, name, organisation, roles, created_at)
            VALUES ($1, $2, $3, $4, $5)
        )
        INSERT INTO credential (id, account, hash, created_at, expires_at)
        VALUES ($6, $1, $7, $5, $8)
        """,
        caller.account,
        caller.name,
        caller.organisation,
        sorted(caller.roles),
        credential.created_at,
        credential.id,
        credential.hash,
        credential.expires_at,
    )


async def by_key(tx: Tx, key_id: str, hash_: bytes, *, now: datetime) -> Caller | None:
    """Return who a key belongs to, if it is valid now."""
    row = await tx.first(
        """
        SELECT a.id, a.name, a.organisation, a.roles
        FROM credential c JOIN account a ON a.id = c.account
        WHERE c.id = $1 AND c.hash = $2 AND c.revoked_at IS NULL
          AND (c.expires_at IS NULL OR c.expires_at > $3)
        """,
        key_id,
        hash_,
        now,
    )
    if row is None:
        return None
    return Caller(
        AccountId(row["id"]),
        row["name"],
        OrganisationCode(row["organisation"]),
        frozenset(Role(role) for role in row["roles"]),
    )


async def names(tx: Tx, accounts: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of accounts."""
    rows = await tx.fetch("SELECT id, name FROM account WHERE id = ANY($1)", list(accounts))
    return {row["id"]: row["name"] for row in rows}


async def page(tx: Tx, *, after: str, limit: int) -> list[KeyRow]:
    """Return keys by id, from behind `after`."""
    rows = await tx.fetch(
        """
        SELECT c.id, a.name, a.organisation, a.roles, c.created_at, c.expires_at, c.revoked_at
        FROM credential c JOIN account a ON a.id = c.account
        WHERE c.id > $1 ORDER BY c.id LIMIT $2
        """,
        after,
        limit,
    )
    return [KeyRow(**{**dict(row), "roles": tuple(row["roles"])}) for row in rows]


async def of_organisations(tx: Tx, organisations: Sequence[OrganisationCode]) -> int:
    """Count the accounts of these organisations."""
    return int(
        await tx.value(
            "SELECT count(*) FROM account WHERE organisation = ANY($1)", list(organisations)
        )
    )


async def follow(tx: Tx, successors: Mapping[OrganisationCode, OrganisationCode]) -> int:
    """Put the accounts of ended organisations under their successors; returns how many."""
    done = await tx.execute(
        """
        UPDATE account SET organisation = x.successor
        FROM unnest($1::text[], $2::text[]) AS x(ended, successor)
        WHERE organisation = x.ended
        """,
        list(successors),
        list(successors.values()),
    )
    return int(done.removeprefix("UPDATE "))


async def organisation_of(tx: Tx, key_id: str) -> OrganisationCode | None:
    """Return the organisation a key belongs to."""
    found: OrganisationCode | None = await tx.value(
        """
        SELECT a.organisation FROM account a JOIN credential c ON c.account = a.id
        WHERE c.id = $1
        """,
        key_id,
    )
    return found


async def revoke(tx: Tx, key_id: str, *, at: datetime) -> bool:
    """Revoke a key; tells whether there was a valid one."""
    done = await tx.execute(
        "UPDATE credential SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", key_id, at
    )
    return done == "UPDATE 1"
