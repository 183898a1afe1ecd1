"""Access: keys are made, recognised and revoked."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from app.domain.authority import Caller, Role
from app.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Rulebook
from app.store import accounts
from app.store.accounts import Credential
from app.store.database import Tx

PREFIX = "yg"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once; only its hash is kept."""

    id: str
    secret: str
    caller: Caller


async def create(
    tx: Tx,
    rulebook: Rulebook,
    *,
    name: str,
    organisation: OrganisationCode,
    roles: Collection[Role],
    at: datetime,
    expires_at: datetime | None = None,
    by: Caller | None = None,
) -> NewKey:
    """Make an account with its key.

    Raises Invalid for an organisation the rulebook does not know, Forbidden when `by` has no
    administrator's role over it.
    """
    if organisation not in rulebook.organisations:
        raise Invalid(
            zh=f"没有单位“{organisation}”",
            en=f"no organisation {organisation}",
            field="organisation",
        )
    if by is not None:
        _refuse_stranger(by, organisation, rulebook)
    caller = Caller(AccountId(uuid4()), name, organisation, frozenset(roles))
    key_id = secrets.token_hex(8)
    secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    await accounts.put(tx, caller, Credential(key_id, hash_of(secret), at, expires_at))
    return NewKey(key_id, secret, caller)


def _refuse_stranger(by: Caller, organisation: OrganisationCode, rulebook: Rulebook) -> None:
    own = rulebook.organisations[by.organisation].area
    body = rulebook.organisations.get(organisation)
    path = rulebook.areas.path(body.area) if body else ()
    if Role.ADMINISTRATOR not in by.roles or all(area.code != own for area in path):
        raise Forbidden(
            zh="只有本辖区的管理员可以管理密钥",
            en="only an administrator of the area manages its keys",
            field="organisation",
        )


def hash_of(secret: str) -> bytes:
    """Return what is stored of a key: 256 random bits need no slow hash."""
    return sha256(secret.encode()).digest()


def key_id_of(secret: str) -> str:
    """Return the public part of a key; raises Unauthenticated for what is not one."""
    prefix, _, rest = secret.partition("_")
    key_id, _, random = rest.partition("_")
    if prefix != PREFIX or not key_id or not random:
        raise unknown_key()
    return key_id


async def recognise(tx: Tx, secret: str, *, now: datetime) -> Caller:
    """Return who a key belongs to; raises Unauthenticated."""
    caller = await accounts.by_key(tx, key_id_of(secret), hash_of(secret), now=now)
    if caller is None:
        raise unknown_key()
    return caller


async def revoke(
    tx: Tx, rulebook: Rulebook, key_id: str, *, at: datetime, by: Caller | None = None
) -> None:
    """Make a key worthless; raises NotFound, and Forbidden as `create` does."""
    organisation = await accounts.organisation_of(tx, key_id)
    if organisation is not None and by is not None:
        _refuse_stranger(by, organisation, rulebook)
    if organisation is None or not await accounts.revoke(tx, key_id, at=at):
        raise NotFound(zh=f"没有有效的密钥“{key_id}”", en=f"no valid key {key_id}", field="id")


def unknown_key() -> Unauthenticated:
    """Return the refusal of a key nobody knows."""
    return Unauthenticated(
        zh="需要有效的访问密钥(Authorization: Bearer …)",
        en="a valid key is needed (Authorization: Bearer …)",
        field="Authorization",
    )
