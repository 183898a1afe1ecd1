"""Evidence: uploads are taken in, attached to units and reports, and asked for at resolve."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from app.domain import evidence
from app.domain.authority import Caller
from app.domain.errors import Conflict, DomainError, Invalid
from app.domain.event import AccountId, Event, EventId
from app.domain.evidence import AttachmentId, Exhibit, FileType, Phase
from app.domain.filing import Filed
from app.domain.organisation import OrganisationCode
from app.domain.timing import Terms
from app.domain.unit import Unit, UnitId
from app.store import attachments
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
                raise _refusal(known, place, one, by.account, by.organisation)


async def check(tx: Tx, report: Event) -> None:
    """Raise what `attach` would for a report's uploads; those it has got already are its own."""
    known = await attachments.read(tx, [one.id for one in report.exhibits])
    for place, one in enumerate(report.exhibits):
        found = known.get(one.id)
        is_free = found is not None and found.unit in {None, UnitId(report.id)}
        if not is_free or not _is_theirs(found, report.account, report.organisation):
            raise _refusal(found, place, one, report.account, report.organisation)


async def attach_to_reports(tx: Tx, new: Sequence[tuple[Event, Filed]]) -> None:
    """Attach the uploads that new reports name; raises Conflict if another took one meanwhile."""
    claims = [
        Claim(one, root.unit.id, root.unit.home, report.id, report.account, report.organisation)
        for report, root in new
        for one in report.exhibits
    ]
    if claims and len(await attachments.attach(tx, claims)) < len(claims):
        raise _taken("attachments")


async def require(tx: Tx, unit: Unit, terms: Terms) -> None:
    """Raise Invalid unless an owned unit shows what its entry asks for, where policy wants it."""
    if terms.entry is not None and terms.policy.requires_evidence:
        shown = await attachments.of_unit(tx, unit.id, unit.parent or unit.id)
        # What the report shows is how it was before, of its tasks too.
        phases = [
            one.phase
            for one in shown
            if one.phase is not None and (one.unit == unit.id or one.phase is Phase.BEFORE)
        ]
        evidence.require(terms.entry.evidence, phases)


def _is_theirs(
    found: Attachment | None, account: AccountId, organisation: OrganisationCode
) -> bool:
    return found is not None and (found.account == account or found.organisation == organisation)


def _refusal(
    found: Attachment | None,
    place: int,
    exhibit: Exhibit,
    account: AccountId,
    organisation: OrganisationCode,
) -> DomainError:
    field = f"attachments.{place}.id"
    if _is_theirs(found, account, organisation):
        return _taken(field)
    # Whether others have uploaded it is nothing to tell.
    return Invalid(
        zh=f"没有附件“{exhibit.id}”, 请先上传",
        en=f"no attachment {exhibit.id}: upload it first",
        field=field,
    )


def _taken(field: str) -> Conflict:
    return Conflict(
        zh="附件已经使用过, 请重新上传",
        en="the attachment is attached already: upload it again",
        field=field,
    )
