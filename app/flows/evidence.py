"""Evidence: uploads are taken in, attached to units and reports, and asked for at resolve."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from app.domain import evidence, handled
from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.errors import Conflict, DomainError, Invalid
from app.domain.event import AccountId, Event, EventId
from app.domain.evidence import AttachmentId, Exhibit, FileType, Phase
from app.domain.filing import Filed
from app.domain.lifecycle import Allowed
from app.domain.need import Need
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.responsibility import Entry
from app.domain.timing import Terms
from app.domain.unit import Unit, UnitId
from app.flows.rulebook import Library
from app.store import attachments
from app.store import events as event_store
from app.store.attachments import Attachment, Claim
from app.store.database import Tx


async def take_in(
    tx: Tx, digest: bytes, *, size: int, kind: FileType, name: str, by: Caller, at: datetime
) -> Attachment:
    """Write an upload whose content the folder holds by now."""
    new = Attachment(
        id=AttachmentId(uuid4()),
        sha256=digest,
        size=size,
        type=kind,
        name=evidence.named(name, kind),
        account=by.account,
        organisation=by.organisation,
        created_at=at,
    )
    await attachments.put(tx, new)
    return new


async def attach(
    tx: Tx, unit: Unit, by: Caller, exhibits: Sequence[Exhibit], *, event: EventId | None = None
) -> None:
    """Attach uploads to an owned unit, to the report it came from if `event` is given.

    Raises Invalid for what is not there or not theirs, Conflict for what is attached already.
    """
    if exhibits:
        claims = [
            Claim(one, unit.id, unit.home, event, by.account, by.organisation) for one in exhibits
        ]
        done = await attachments.attach(tx, claims)
        for place, one in enumerate(exhibits):
            if one.id not in done:
                known = (await attachments.read(tx, [one.id])).get(one.id)
                theirs = _is_theirs(known, by.account, by.organisation)
                raise _refusal(f"attachments.{place}.id", one, is_theirs=theirs)


async def check(tx: Tx, report: Event) -> None:
    """Raise what `attach` would for a report's uploads; those it has got already are its own.

    A report sent again is not checked anew: it was taken in as it is.
    """
    named = handled.exhibits(report)
    known = await attachments.read(tx, [one.id for one in named.values()])
    refusals = [
        _refusal(field, one, is_theirs=is_theirs)
        for field, one in named.items()
        if not (is_theirs := _is_theirs(known.get(one.id), report.account, report.organisation))
        or known[one.id].unit not in {None, UnitId(report.id)}
    ]
    if refusals and not await event_store.find(tx, [report.id]):
        raise refusals[0]


async def attach_to_reports(tx: Tx, new: Sequence[tuple[Event, Filed]]) -> None:
    """Attach the uploads that new reports name; raises Conflict if another took one meanwhile."""
    claims = [
        Claim(one, root.unit.id, root.unit.home, report.id, report.account, report.organisation)
        for report, root in new
        for one in handled.exhibits(report).values()
    ]
    if not claims:
        return
    done = await attachments.attach(tx, claims)
    if len(done) == len(claims):
        return
    # Of two reports in one batch that name the same upload one alone may have it.
    owners: dict[AttachmentId, EventId] = {}
    for report, _ in new:
        for field, one in handled.exhibits(report).items():
            if one.id not in done or owners.setdefault(one.id, report.id) != report.id:
                raise _taken(field)


async def require(tx: Tx, unit: Unit, terms: Terms) -> None:
    """Raise Invalid unless an owned unit shows what its entry asks for, where policy wants it."""
    if terms.entry is not None and terms.policy.requires_evidence:
        evidence.require(terms.entry.evidence, await _shown(tx, unit))


async def asked_for(
    tx: Tx, library: Library, unit: Unit, policy: Policy, allowed: Sequence[Allowed]
) -> list[Allowed]:
    """Return what is allowed with the attachments that resolving the unit needs still."""
    resolves = any(one.action is Action.RESOLVE for one in allowed)
    if not resolves or not policy.requires_evidence or unit.entry is None:
        return list(allowed)
    entry = (await library.at(tx, unit.rulebook)).rulebook.list[unit.entry]
    phases = await lacking(tx, unit, entry)
    return [
        replace(one, needs=(*one.needs, Need.ATTACHMENTS), phases=phases)
        if phases and one.action is Action.RESOLVE
        else one
        for one in allowed
    ]


async def lacking(tx: Tx, unit: Unit, entry: Entry) -> tuple[Phase, ...]:
    """Return what a unit does not show yet of what its entry asks for."""
    return evidence.missing(entry.evidence, await _shown(tx, unit))


async def _shown(tx: Tx, unit: Unit) -> list[Phase]:
    shown = await attachments.of_unit(tx, unit.id, unit.parent or unit.id)
    # What the report shows is how it was before, of its tasks too.
    return [
        one.phase
        for one in shown
        if one.phase is not None and (one.unit == unit.id or one.phase is Phase.BEFORE)
    ]


def _is_theirs(
    found: Attachment | None, account: AccountId, organisation: OrganisationCode
) -> bool:
    return found is not None and (found.account == account or found.organisation == organisation)


def _refusal(field: str, exhibit: Exhibit, *, is_theirs: bool) -> DomainError:
    if is_theirs:
        return _taken(field)
    # Whether others have uploaded it is nothing to tell.
    return Invalid(
        zh=f"没有附件“{exhibit.id}”, 请先上传(POST /v1/attachments), 再引用所得编号",
        en=f"no attachment {exhibit.id}: upload it first (POST /v1/attachments), then name its id",
        field=field,
    )


def _taken(field: str) -> Conflict:
    return Conflict(
        zh="附件已经使用过, 请重新上传",
        en="the attachment is attached already: upload it again",
        field=field,
    )
