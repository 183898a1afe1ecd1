"""Domain values as the contract's shapes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.api.claim_models import ClaimOut
from app.api.event_models import EventOut
from app.api.evidence import AttachmentOut
from app.api.family_models import ErrandOut, ProgressOut
from app.api.models import MOST, DutyOut, Named, OrganisationOut
from app.api.request_models import AboutOut, RequestOut
from app.api.unit_models import (
    AcceptedOut,
    ActionOut,
    ClockOut,
    EntryOut,
    EventDetail,
    Numbered,
    PlaceOut,
    StepOut,
    UnitDetail,
    UnitOut,
)
from app.domain.action import Action
from app.domain.area import AreaCode, Place
from app.domain.clock import Clock
from app.domain.explain.request import asked
from app.domain.family import Progress, errand_of, in_order
from app.domain.lifecycle import Allowed
from app.domain.organisation import OrganisationCode
from app.domain.request import Request
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, Step, Unit
from app.domain.words import ACTION
from app.flows.intake import Admitted
from app.store.attachments import Attachment
from app.store.events import StoredEvent


def accepted(admitted: Admitted, rulebook: Rulebook) -> AcceptedOut:
    """Render the answer to a report just written."""
    admission, numbers = admitted.admission, admitted.numbers
    root, *tasks = (
        UnitOut(
            **_unit(
                filed.unit,
                rulebook,
                filed.unit.created_at,
                numbers[filed.unit.id],
                shows_duty=True,
            )
        )
        for filed in (admission.root, *admission.tasks)
    )
    reasons = dict(admission.root.unit.reasons)
    return AcceptedOut(
        event=admission.event.id,
        unit=root,
        tasks=tasks,
        reasons=reasons,
        merged_into=admission.root.unit.merged_into,
    )


def unit(shown: Unit, rulebook: Rulebook, now: datetime, claim: ClaimOut | None = None) -> UnitOut:
    """Render a unit as lists show it, with who has it in hand if its reader is told that."""
    return UnitOut(**_unit(shown, rulebook, now), claim=claim)


def detail(
    shown: Unit,
    rulebook: Rulebook,
    *,
    report: StoredEvent | None,
    clocks: Iterable[Clock],
    linked: Collection[Unit],
    pending: Iterable[Request],
    actions: Iterable[Allowed],
    claim: ClaimOut | None,
    now: datetime,
) -> UnitDetail:
    """Render a unit with all that belongs to it, and who is on duty now where it is."""
    return UnitDetail(
        **_unit(shown, rulebook, now, shows_duty=True),
        event=event(report) if report else None,
        clocks=[clock(one) for one in clocks],
        **_family(shown, [one for one in linked if one.parent == shown.id], rulebook, now),
        merged=[numbered(one) for one in linked if one.merged_into == shown.id],
        recurred=[numbered(one) for one in linked if one.recurs == shown.id],
        pending=[request(one, shown, rulebook) for one in pending],
        actions=[action(one) for one in actions],
        claim=claim,
    )


def _family(
    shown: Unit, tasks: Sequence[Unit], rulebook: Rulebook, now: datetime
) -> dict[str, Any]:
    """Render what belongs to a unit as one of a family."""
    errand = errand_of(shown)
    return {
        "tasks": [unit(task, rulebook, now) for task in in_order(tasks)[:MOST]],
        "progress": progress(Progress.of(tasks)) if tasks else None,
        "errand": ErrandOut(**errand.stored()) if errand else None,
    }


def progress(shown: Progress) -> ProgressOut:
    """Render how far the tasks of a unit are."""
    return ProgressOut(total=shown.total, open=shown.open, closed=shown.closed, late=shown.late)


def _unit(
    shown: Unit, rulebook: Rulebook, now: datetime, number: str = "", *, shows_duty: bool = False
) -> dict[str, Any]:
    return {
        "id": shown.id,
        "number": number or shown.number,
        "kind": shown.kind,
        "clause": shown.clause,
        "title": shown.title,
        "state": shown.state,
        "urgency": shown.urgency,
        "stage": shown.stage,
        "stage_due_at": shown.stage_due_at,
        "due_at": shown.due_at,
        "is_provisional": shown.is_provisional,
        "overdue_at": shown.overdue_at,
        "exempted_at": shown.exempted_at,
        "light": shown.light(now),
        "raised": list(shown.raised),
        "entry": _entry(shown, rulebook),
        "level": shown.level,
        "is_gap": shown.is_gap,
        "is_unlisted": shown.is_unlisted,
        "holder": organisation(shown.holder, rulebook, now if shows_duty else None),
        "centre": organisation(shown.centre, rulebook),
        "route": [named(code, rulebook) for code in shown.route],
        "place": place(shown.place, rulebook),
        "parent": shown.parent,
        "rulebook": shown.rulebook,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "closed_at": shown.closed_at,
        "merged_into": shown.merged_into,
        "recurs": shown.recurs,
        "is_self_handled": shown.is_self_handled,
        "satisfaction": shown.satisfaction,
        "version": shown.version,
    }


def _entry(shown: Unit, rulebook: Rulebook) -> EntryOut | None:
    if shown.entry is None:
        return None
    entry = rulebook.list.get(shown.entry)
    if entry is None:
        # The list in force has it no more; the unit cites it all the same.
        return EntryOut(code=shown.entry, title=shown.title)
    return EntryOut(
        code=entry.code,
        scheme=entry.category.scheme,
        class_=entry.category.class_,
        category=entry.category.code,
        category_name=entry.category_name,
        title=entry.title,
        condition=entry.condition,
        closing=entry.closing,
    )


def organisation(
    code: OrganisationCode, rulebook: Rulebook, now: datetime | None = None
) -> OrganisationOut:
    """Render an organisation with its duty telephone, and who is on duty at a moment."""
    body = rulebook.organisations.get(code)
    if body is None:
        # A body of the past that the city's present file no longer names.
        return OrganisationOut(code=code, name=code)
    return OrganisationOut(
        code=body.code,
        name=body.name,
        kind=body.kind,
        tier=body.tier,
        phone=body.phone,
        on_duty=on_duty(code, rulebook, now) if now else [],
    )


def on_duty(code: OrganisationCode, rulebook: Rulebook, now: datetime) -> list[DutyOut]:
    """Render who is on duty in a body."""
    shifts = rulebook.roster.on_duty(code, now)
    return [DutyOut(person=shift.person, phone=shift.phone) for shift in shifts]


def named(code: OrganisationCode, rulebook: Rulebook) -> Named:
    """Render an organisation's code and name."""
    body = rulebook.organisations.get(code)
    return Named(code=code, name=body.name if body else code)


def numbered(shown: Unit) -> Numbered:
    """Render another unit as a link."""
    return Numbered(id=shown.id, number=shown.number, state=shown.state)


def place(shown: Place, rulebook: Rulebook) -> PlaceOut:
    """Render a place with the names of its areas."""

    def area(code: str) -> Named | None:
        known = rulebook.areas.get(AreaCode(code))
        return Named(code=code, name=known.name if known else code) if code else None

    return PlaceOut(
        district=area(shown.district),
        street=area(shown.street),
        community=area(shown.community),
        grid=area(shown.grid),
    )


def action(allowed: Allowed) -> ActionOut:
    """Render what may be done, with its name in both languages."""
    zh, en = ACTION[allowed.action]
    return ActionOut(
        action=allowed.action,
        name=f"{zh} / {en}",
        needs=list(allowed.needs),
        phases=list(allowed.phases),
    )


def request(
    shown: Request, about: Unit, rulebook: Rulebook, *, in_sight: bool = True
) -> RequestOut:
    """Render a request with the unit it is about, which may have passed out of sight."""
    wish, said = shown.wish, asked(shown, rulebook)
    return RequestOut(
        id=shown.id,
        unit=shown.unit,
        kind=shown.kind,
        text=f"{said.zh} / {said.en}",
        organisation=named(shown.organisation, rulebook),
        at=shown.at,
        reason=shown.reason,
        until=wish.until,
        helper=named(wish.helper, rulebook) if wish.helper else None,
        limit=str(wish.limit) if wish.limit else None,
        clock=ClockName(wish.clock) if wish.clock else None,
        agreed=[named(code, rulebook) for code in shown.agreed],
        state=shown.state,
        desk=named(shown.desk, rulebook) if shown.desk else None,
        decided_at=shown.decided_at,
        decision=shown.decision,
        about=AboutOut(
            number=about.number,
            title=about.title,
            urgency=about.urgency,
            state=about.state if in_sight else None,
            holder=named(about.holder, rulebook) if in_sight else None,
            due_at=about.due_at if in_sight else None,
            overdue_at=about.overdue_at if in_sight else None,
        ),
    )


def clock(shown: Clock) -> ClockOut:
    """Render a limit."""
    return ClockOut(
        name=shown.name,
        basis=shown.basis,
        limit_seconds=shown.limit,
        spent_seconds=shown.spent,
        started_at=shown.started_at,
        running=shown.is_running,
        due_at=shown.due_at,
        is_provisional=shown.is_provisional,
        overdue_at=shown.overdue_at,
        exempted_at=shown.exempted_at,
    )


def attachment(shown: Attachment, rulebook: Rulebook) -> AttachmentOut:
    """Render an upload."""
    return AttachmentOut(
        id=shown.id,
        sha256=shown.sha256.hex(),
        size=shown.size,
        type=shown.type,
        name=shown.name,
        organisation=named(shown.organisation, rulebook),
        created_at=shown.created_at,
        unit=shown.unit,
        event=shown.event,
        phase=shown.phase,
    )


def event(stored: StoredEvent) -> EventOut:
    """Render an event as it was sent."""
    return EventOut(
        id=stored.id,
        source=stored.body["source"],
        occurred_at=stored.occurred_at,
        received_at=stored.received_at,
        text=stored.body["text"],
        body=dict(stored.body),
    )


def event_detail(stored: StoredEvent, root: Unit, rulebook: Rulebook, now: datetime) -> EventDetail:
    """Render an event with its root unit."""
    return EventDetail(event=event(stored), unit=unit(root, rulebook, now))


def step(line: Step, names: Mapping[UUID, str], rulebook: Rulebook) -> StepOut:
    """Render one line of a log with the actor's name."""
    known = line.organisation in rulebook.organisations if line.organisation else False
    return StepOut(
        seq=line.seq,
        at=line.at,
        action=Action(line.action),
        state=line.state,
        actor=names.get(line.actor) if line.actor else None,
        organisation=named(line.organisation, rulebook) if line.organisation and known else None,
        reason=line.reason,
        data=dict(line.data),
    )
