"""Access: keys are made, recognised and revoked."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import uuid4

from app.domain import sight
from app.domain.area import Tier
from app.domain.authority import Caller, Role
from app.domain.errors import Forbidden, NotFound, Unauthenticated
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode, OrganisationKind
from app.domain.rulebook import Rulebook
from app.store import accounts
from app.store.accounts import Credential
from app.store.database import Tx

PREFIX = "yg"
_READERS: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


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

    Raises NotFound for an organisation that is not there or not under `by`, Forbidden when `by`
    is no administrator.
    """
    if by is not None:
        _refuse_stranger(by, organisation, rulebook)
    if organisation not in rulebook.organisations:
        raise _no_organisation(organisation)
    caller = Caller(AccountId(uuid4()), name, organisation, frozenset(roles))
    key_id = secrets.token_hex(8)
    secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    await accounts.put(tx, caller, Credential(key_id, hash_of(secret), at, expires_at))
    return NewKey(key_id, secret, caller)


def _refuse_stranger(by: Caller, organisation: OrganisationCode, rulebook: Rulebook) -> None:
    """Raise unless `by` administers the organisation; what lies outside is not there for it."""
    if Role.ADMINISTRATOR not in by.roles:
        raise Forbidden(
            zh="只有管理员可以管理密钥", en="only an administrator manages keys", field="roles"
        )
    sight.within(organisation, by, rulebook, field="organisation")


def _no_organisation(code: OrganisationCode) -> NotFound:
    return NotFound(zh=f"没有单位“{code}”", en=f"no organisation {code}", field="organisation")


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
    unknown = NotFound(zh=f"没有有效的密钥“{key_id}”", en=f"no valid key {key_id}", field="id")
    organisation = await accounts.organisation_of(tx, key_id)
    if organisation is None:
        raise unknown
    if by is not None:
        try:
            _refuse_stranger(by, organisation, rulebook)
        except NotFound:
            raise unknown from None
    if not await accounts.revoke(tx, key_id, at=at):
        raise unknown


def unknown_key() -> Unauthenticated:
    """Return the refusal of a key nobody knows."""
    return Unauthenticated(
        zh="需要有效的访问密钥(Authorization: Bearer …)",
        en="a valid key is needed (Authorization: Bearer …)",
        field="Authorization",
    )


def refuse_reader(caller: Caller, rulebook: Rulebook) -> None:
    """Raise Forbidden unless the caller may look at versions and drafts of the rulebook."""
    body = rulebook.organisations[caller.organisation]
    if body.kind is not OrganisationKind.CENTRE or not caller.roles & _READERS:
        raise Forbidden(
            zh="只有治理中心的负责人或管理员可以查看规则库",
            en="only a centre's supervisor or administrator looks at rulebooks",
            field="roles",
        )


def refuse_publisher(caller: Caller, rulebook: Rulebook) -> None:
    """Raise Forbidden unless the caller administers the city's centre."""
    body = rulebook.organisations[caller.organisation]
    is_city = body.kind is OrganisationKind.CENTRE and body.tier is Tier.CITY
    if not is_city or Role.ADMINISTRATOR not in caller.roles:
        raise Forbidden(
            zh="只有市级治理中心的管理员可以更改规则库",
            en="only an administrator of the city's centre changes the rulebook",
            field="roles",
        )
