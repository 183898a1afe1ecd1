"""Webhooks: endpoints are made, changed, switched off and on, and follow the city."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from app.domain import sight, signature, wish
from app.domain.authority import Caller, Role, oversees
from app.domain.errors import ActionNotAllowed, Changed, Forbidden, Invalid, NotFound
from app.domain.organisation import OrganisationCode
from app.domain.retry import Disabled
from app.domain.rulebook import Rulebook
from app.domain.webhook import Endpoint, Signing, WebhookId, Wish, scope_of
from app.flows.reorganisation import successors
from app.store import feed, webhooks
from app.store.database import Tx
from app.store.seal import Seal
from app.store.webhooks import Stored
from app.wire import signing as pairs
from app.wire.guard import Guard

MANAGERS: Final = frozenset({Role.ADMINISTRATOR, Role.INTEGRATOR})
READERS: Final = MANAGERS | {Role.SUPERVISOR}
MOST: Final = 50
"""Endpoints of one body: each line of the log is looked at for every one of them."""


@dataclass(frozen=True, slots=True)
class Means:
    """What endpoints are judged and kept with."""

    guard: Guard
    seal: Seal
    kept: timedelta = timedelta(days=30)
    """How long attempts are."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """An endpoint with a secret that was just made; it is shown this once."""

    stored: Stored
    secret: str = ""
    """Empty where nobody but us needs it: the receiver has the public key."""


async def create(
    tx: Tx,
    rulebook: Rulebook,
    wanted: Wish,
    means: Means,
    *,
    signing: Signing,
    secret: str | None,
    by: Caller,
    at: datetime,
) -> Keyed:
    """Make an endpoint of the caller's organisation; it hears of what is committed from now on.

    Raises Forbidden, Invalid, and NotFound for a scope outside the caller's subtree.
    """
    refuse_stranger(by, MANAGERS)
    if await webhooks.count_of(tx, by.organisation) >= MOST:
        raise ActionNotAllowed(
            zh=f"本单位已有 {MOST} 个推送订阅, 请先删除不用的",
            en=f"the organisation has {MOST} endpoints: delete one that is not used",
        )
    key, public = _new_key(signing, secret)
    id_ = WebhookId(uuid4())
    endpoint = Endpoint(
        id=id_,
        organisation=by.organisation,
        account=by.account,
        wish=wanted,
        signing=signing,
        since=await feed.horizon(tx),
        created_at=at,
        updated_at=at,
        public_key=public,
    )
    _check(endpoint, rulebook, means, wanted.headers)
    stored = Stored(
        endpoint,
        secret=means.seal.seal(key, id_.bytes),
        headers=webhooks.sealed_headers(wanted.headers, means.seal, id_),
    )
    await webhooks.put(tx, stored)
    return Keyed(stored, "" if public else key)


async def change(
    tx: Tx,
    rulebook: Rulebook,
    id_: UUID,
    changes: Mapping[str, Any],
    means: Means,
    *,
    seen: int,
    by: Caller,
    at: datetime,
) -> Stored:
    """Set an endpoint otherwise, fields of its Wish by name; raises as `create`, and Changed."""
    known = await owned(tx, rulebook, id_, by=by)
    if known.endpoint.version != seen:
        raise Changed(
            zh=f"该推送订阅已变为第 {known.endpoint.version} 版(您看到的是第 {seen} 版), 请刷新",
            en=f"the endpoint is at version {known.endpoint.version} by now, not {seen}",
            field="If-Match",
        )
    headers = changes.get("headers")
    wanted = replace(known.endpoint.wish, **{**changes, "headers": {}})
    endpoint = replace(_afresh(known.endpoint, at), wish=wanted)
    _check(endpoint, rulebook, means, headers)
    stored = replace(known, endpoint=endpoint)
    if headers is not None:
        sealed = webhooks.sealed_headers(headers, means.seal, endpoint.id)
        stored = replace(stored, headers=sealed)
    await webhooks.change(tx, stored)
    return stored


async def rotate(
    tx: Tx,
    rulebook: Rulebook,
    id_: UUID,
    means: Means,
    *,
    overlap: timedelta,
    secret: str | None,
    by: Caller,
    at: datetime,
) -> Keyed:
    """Give an endpoint another secret; the present one signs as well for `overlap` yet."""
    known = await owned(tx, rulebook, id_, by=by)
    key, public = _new_key(known.endpoint.signing, secret)
    # A secret whose key was lost signs nothing: kept, it would keep the new one from signing.
    is_alive = overlap and means.seal.opens(known.secret, id_.bytes)
    until = at + overlap if is_alive else None
    endpoint = replace(_afresh(known.endpoint, at), public_key=public, old_until=until)
    stored = replace(
        known,
        endpoint=endpoint,
        secret=means.seal.seal(key, endpoint.id.bytes),
        old_secret=known.secret if until else None,
    )
    await webhooks.change(tx, stored)
    return Keyed(stored, "" if public else key)


async def disable(
    tx: Tx, rulebook: Rulebook, id_: UUID, *, reason: str, by: Caller, at: datetime
) -> Stored:
    """Switch an endpoint off; one that is off already stays so for its first reason."""
    known = await owned(tx, rulebook, id_, by=by)
    if known.endpoint.disabled_at is not None:
        return known
    endpoint = replace(
        _touched(known.endpoint, at),
        disabled_at=at,
        disabled_by=Disabled.BY_HAND,
        disabled_why=f"{by.name}: {reason}" if reason else by.name,
    )
    stored = replace(known, endpoint=endpoint)
    await webhooks.change(tx, stored)
    return stored


async def enable(tx: Tx, rulebook: Rulebook, id_: UUID, *, by: Caller, at: datetime) -> Stored:
    """Switch an endpoint on again; raises ActionNotAllowed while it may hear of nothing."""
    known = await owned(tx, rulebook, id_, by=by)
    if known.endpoint.disabled_at is None:
        return known
    if scope_of(known.endpoint, rulebook) is None:
        raise ActionNotAllowed(
            zh="所属单位不再管辖所订范围, 请先修改 scope",
            en="its organisation oversees its scope no longer: change `scope` first",
            field="scope",
        )
    endpoint = replace(
        _afresh(known.endpoint, at), disabled_at=None, disabled_by=None, disabled_why=""
    )
    stored = replace(known, endpoint=endpoint)
    await webhooks.change(tx, stored)
    return stored


async def delete(tx: Tx, rulebook: Rulebook, id_: UUID, *, by: Caller) -> None:
    """Delete an endpoint, its log, and what was still to be delivered."""
    await webhooks.delete(tx, (await owned(tx, rulebook, id_, by=by)).endpoint.id)


async def owned(tx: Tx, rulebook: Rulebook, id_: UUID, *, by: Caller) -> Stored:
    """Return an endpoint that is going to be changed, the transaction's own."""
    return await _found(tx, rulebook, id_, MANAGERS, by=by, locked=True)


async def shown(
    tx: Tx, rulebook: Rulebook, id_: UUID, *, by: Caller, roles: Collection[Role] = READERS
) -> Stored:
    """Return an endpoint to look at; raises Forbidden, NotFound."""
    return await _found(tx, rulebook, id_, roles, by=by, locked=False)


async def owners_seen(tx: Tx, rulebook: Rulebook, *, by: Caller) -> list[OrganisationCode]:
    """Return the bodies whose endpoints the caller sees: those of their subtree that have any."""
    refuse_stranger(by, READERS)
    return [code for code in await webhooks.owners(tx) if _sees(by, code, rulebook)]


async def follow(tx: Tx, rulebook: Rulebook, *, at: datetime) -> int:
    """Put endpoints of ended bodies under their heirs; switch off those that may hear of nothing.

    Returns how many were switched off.
    """
    await webhooks.follow(tx, successors(rulebook))
    lost = [
        stored.endpoint.id
        for stored in await webhooks.enabled(tx)
        if scope_of(stored.endpoint, rulebook) is None
    ]
    await webhooks.disable(tx, lost, by=Disabled.ENDED, why="", at=at)
    return len(lost)


async def _found(
    tx: Tx, rulebook: Rulebook, id_: UUID, roles: Collection[Role], *, by: Caller, locked: bool
) -> Stored:
    refuse_stranger(by, roles)
    found = await webhooks.find(tx, id_, locked=locked)
    if found is None or not _sees(by, found.endpoint.organisation, rulebook):
        raise NotFound(zh=f"没有推送订阅“{id_}”", en=f"no webhook {id_}", field="id")
    return found


def _sees(by: Caller, code: OrganisationCode, rulebook: Rulebook) -> bool:
    bodies = rulebook.organisations
    if code not in bodies:
        return False
    body = bodies[bodies.heir(code)]
    return oversees(sight.of_caller(by, rulebook), body, rulebook.areas.path(body.area))


def refuse_stranger(by: Caller, roles: Collection[Role]) -> None:
    """Raise Forbidden unless the caller has one of the roles."""
    if by.roles.isdisjoint(roles):
        raise Forbidden(
            zh="只有管理员和系统对接账号可以管理推送订阅, 中心负责人可以查看",
            en="administrators and integrators manage webhooks, supervisors may look at them",
            field="roles",
            allowed=sorted(roles),
        )


def _new_key(signing: Signing, own: str | None) -> tuple[str, str | None]:
    """Return a secret, the caller's own if there is one, and the public key that belongs to it."""
    if signing is Signing.ED25519:
        if own is not None:
            raise Invalid(
                zh="ed25519 的密钥由服务生成, 只有 hmac 可自带密钥",
                en="the service makes ed25519 keys; a secret of your own is for hmac",
                field="secret",
            )
        pair = pairs.new_pair()
        return pair.secret, pair.public
    if own is not None:
        signature.key_of(own)
    return own or signature.new_secret(), None


def _check(
    endpoint: Endpoint, rulebook: Rulebook, means: Means, headers: Mapping[str, str] | None
) -> None:
    wanted = endpoint.wish
    wish.check(wanted, headers=headers)
    means.guard.check_url(wanted.url)
    if scope_of(endpoint, rulebook) is None:
        raise NotFound(
            zh=f"“{endpoint.organisation}”辖区内没有单位“{wanted.scope}”",
            en=f"no organisation {wanted.scope} within {endpoint.organisation}",
            field="scope",
        )


def _touched(endpoint: Endpoint, at: datetime) -> Endpoint:
    return replace(endpoint, version=endpoint.version + 1, updated_at=at)


def _afresh(endpoint: Endpoint, at: datetime) -> Endpoint:
    """Return it touched, and with how it has fared forgotten: it may do better now."""
    touched = _touched(endpoint, at)
    return replace(touched, failures=0, failing_since=None, open_until=None, openings=0)
