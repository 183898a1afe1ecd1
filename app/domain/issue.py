"""Top-down tasks (自上而下交办): one matter to many organisations at once, each by its duty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from app.domain import family
from app.domain.action import Action
from app.domain.area import AreaCode, Place, Tier
from app.domain.authority import Caller, Role
from app.domain.errors import Forbidden, Invalid
from app.domain.family import ERRAND, ERRANDS, Bond, Errand, Said
from app.domain.filing import Filed, Site, route_fields, stop_reasons
from app.domain.limit import Limit
from app.domain.organisation import Function, Organisation, OrganisationCode, OrganisationKind
from app.domain.responsibility import Duty, Entry, Kind, Urgency
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.unit import Clause, ClockName, State, UnitId

MOST: Final = 2000
"""How many organisations one issue may go to."""

_NAMED: Final = 5
_ISSUERS: Final = frozenset({Role.CLERK, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Receivers:
    """To whom: bodies named, all holders of a function, or all centres of a tier.

    The last two within an area; without one, within the issuer's own.
    """

    organisations: tuple[OrganisationCode, ...] = ()
    function: Function | None = None
    tier: Tier | None = None
    area: AreaCode | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """What is issued, by whom, to whom, and by which entry of the list."""

    id: UUID
    by: Caller
    title: str
    text: str
    to: Receivers
    entry: Entry | None = None
    limit: Limit | None = None
    reason: str = ""


def unit_id(issue: Issue) -> UnitId:
    """Return the id of the unit an issue makes: the same each time it is sent.

    Like a task's it is a UUID of version 8, which no event may use.
    """
    tail = sha256(b"issue" + issue.id.bytes + issue.by.organisation.encode()).digest()
    found = bytearray(issue.id.bytes[:6] + tail[:10])
    found[6] = found[6] & 0x0F | 0x80
    found[8] = found[8] & 0x3F | 0x80
    return UnitId(UUID(bytes=bytes(found)))


def digest(issue: Issue) -> str:
    """Return what two issues of one id must have in common."""
    code = issue.entry.code if issue.entry else None
    said = (issue.title, issue.text, code, str(issue.limit), issue.reason, issue.to)
    return sha256(repr(said).encode()).hexdigest()


def receivers(issue: Issue, rulebook: Rulebook) -> tuple[Organisation, ...]:
    """Return the bodies an issue goes to, all of them within the issuer's area.

    Raises Invalid, and Forbidden for an issuer that is no centre or a body it is not over.
    """
    issuer, to = _issuer(issue.by, rulebook), issue.to
    if sum((bool(to.organisations), to.function is not None, to.tier is not None)) != 1:
        raise Invalid(
            zh="请在 organisations、function、tier 中择一指明接收单位",
            en="name the receivers by one of organisations, function, tier",
            field="to",
        )
    area = to.area or issuer.area
    if area not in rulebook.areas:
        raise Invalid(zh=f"没有区划“{area}”", en=f"no area {area}", field="to.area")
    if to.organisations:
        found = tuple(_named(code, rulebook) for code in to.organisations)
    else:
        found = tuple(_within(to, rulebook.areas.heir(area), rulebook))
    found = tuple(dict.fromkeys(body for body in found if body.code != issuer.code))
    if not 1 <= len(found) <= MOST:
        raise Invalid(
            zh=f"接收单位须为 1 至 {MOST} 个, 现为 {len(found)} 个",
            en=f"an issue goes to 1 to {MOST} organisations, not {len(found)}",
            field="to",
        )
    _refuse_foreign(issuer, found, rulebook)
    return found


def _issuer(by: Caller, rulebook: Rulebook) -> Organisation:
    body = rulebook.organisations[by.organisation]
    if body.kind is not OrganisationKind.CENTRE or not by.roles & _ISSUERS:
        raise Forbidden(
            zh="只有治理中心的坐席或负责人可以交办任务",
            en="only a clerk or supervisor of a centre issues tasks",
            field="roles",
            allowed=tuple(sorted(_ISSUERS)),
        )
    return body


def _named(code: OrganisationCode, rulebook: Rulebook) -> Organisation:
    """Return the body of a code, or who answers for its work now; raises Invalid."""
    bodies = rulebook.organisations
    if code not in bodies:
        raise Invalid(
            zh=f"没有单位“{code}”", en=f"no organisation {code}", field="to.organisations"
        )
    return bodies[bodies.heir(code)]


def _within(to: Receivers, area: AreaCode, rulebook: Rulebook) -> Sequence[Organisation]:
    """Return the bodies within an area that are meant, each area's in the order of the list."""
    areas, bodies = rulebook.areas, rulebook.organisations
    found: list[Organisation] = []
    for one in areas.values():
        if one.has_ended or all(over.code != area for over in areas.path(one.code)):
            continue
        if to.function is not None:
            found += bodies.holders(to.function, one.code)
        elif one.tier is to.tier and (centre := bodies.centre(one.code)) is not None:
            found.append(centre)
    return found


def _refuse_foreign(
    issuer: Organisation, found: Sequence[Organisation], rulebook: Rulebook
) -> None:
    areas = rulebook.areas
    strange = [
        body for body in found if all(area.code != issuer.area for area in areas.path(body.area))
    ]
    if strange:
        raise Forbidden(
            zh=f"不在您的辖区内: {_names(strange)}",
            en="outside your area",
            field="to",
        )


def refuse_unobliged(issue: Issue, found: Sequence[Organisation], rulebook: Rulebook) -> None:
    """Raise unless the entry obliges every receiver (清单之外无事项).

    What no entry obliges somebody to do only a supervisor of the centre above theirs and the
    next one may issue; what was taken back from streets nobody.
    """
    entry = issue.entry
    if entry is None:
        _refuse_unconfirmed(issue, found, rulebook)
        return
    taken = [body for body in found if _is_taken_back(entry, body)]
    if taken:
        raise Invalid(
            zh=f"该事项已由上级部门收回, 不得交办给镇街及以下: {_names(taken)}",
            en="the duty was taken back from streets: it is not issued to them",
            field="entry",
        )
    free = [body for body in found if not obliges(entry, body)]
    if free:
        raise Invalid(
            zh=f"条目 {entry.code} 不要求以下单位承担: {_names(free)}; 清单之外的任务须由再上一级"
            "中心负责人交办(不写 entry)",
            en=f"entry {entry.code} does not oblige some receivers; outside the list only the"
            " centre above may issue, without an entry",
            field="entry",
        )


def _is_taken_back(entry: Entry, body: Organisation) -> bool:
    return entry.duty is Duty.WITHDRAWN and body.tier.rank > Tier.DISTRICT.rank


def obliges(entry: Entry, body: Organisation) -> bool:
    """Tell whether an entry asks something of a body: by its level, and by its function.

    A centre answers for whatever its area must do. Streets cooperate in what they do not lead.
    """
    helps = entry.duty is Duty.COOPERATING and body.tier is Tier.STREET
    if body.tier.rank > entry.level.rank and not helps:
        return False
    if body.kind is OrganisationKind.CENTRE:
        return True
    asked = {entry.lead, *entry.support, *entry.joint}
    asked.update(order.function for order in entry.orders)
    return bool(asked.intersection(body.functions))


def _refuse_unconfirmed(issue: Issue, found: Sequence[Organisation], rulebook: Rulebook) -> None:
    bodies, areas = rulebook.organisations, rulebook.areas
    issuer = bodies[issue.by.organisation]
    is_top = bodies.centre_above(issuer, areas).code == issuer.code
    own = [body for body in found if bodies.centre_above(body, areas).code == issuer.code]
    if Role.SUPERVISOR in issue.by.roles and (is_top or not own):
        if issue.limit is None:
            raise Invalid(
                zh="清单之外的任务须给出时限, 如 3工作日",
                en="a task outside the list needs a limit, such as 3工作日",
                field="limit",
            )
        if not issue.reason.strip():
            raise Invalid(
                zh="清单之外的任务须说明理由",
                en="a task outside the list needs a reason",
                field="reason",
            )
        return
    over = bodies.centre_above(issuer, areas)
    raise Forbidden(
        zh=f"清单之外无事项: 请写明条目; 确需交办的, 由“{over.name}”负责人确认并交办",
        en=f"no entry obliges anybody: cite one, or have a supervisor of {over.name} issue it",
        field="entry",
        allowed=(f"{over.code}: {Role.SUPERVISOR}",),
    )


def _names(bodies: Sequence[Organisation]) -> str:
    shown = "、".join(body.name for body in bodies[:_NAMED])
    return f"{shown}等 {len(bodies)} 个单位" if len(bodies) > _NAMED else shown


def issued(
    issue: Issue, found: Sequence[Organisation], rulebook: Rulebook, now: datetime
) -> tuple[Filed, ...]:
    """Return the unit an issue makes, at the issuer, and one task for every receiver after it."""
    said = Said(Action.ISSUE, issue.by, issue.reason)
    limits = {ClockName.DISPOSE: issue.limit} if issue.limit else {}
    parent = _parent(issue, len(found), limits, _site(issue.by.organisation, rulebook, now), said)
    tasks = []
    for index, body in enumerate(found):
        errand = Errand(Bond.ISSUED, issue.title, limits, holder=body.code, text=issue.text)
        site = _site(body.code, rulebook, now)
        route = to_organisation(body, rulebook, RouteReason.RULED)
        fields = family.child(parent.unit, index, errand, route, site, entry=issue.entry)
        tasks.append(family.born(fields, issue.entry, site, said))
    return (parent, *tasks)


def _site(code: OrganisationCode, rulebook: Rulebook, now: datetime) -> Site:
    path = rulebook.areas.path(rulebook.organisations[code].area)
    return Site(path, rulebook.policies.at(path), rulebook, now)


def _parent(
    issue: Issue, count: int, limits: dict[ClockName, Limit], site: Site, said: Said
) -> Filed:
    rulebook, entry = site.rulebook, issue.entry
    issuer = rulebook.organisations[issue.by.organisation]
    route = to_organisation(issuer, rulebook, RouteReason.OWNED)
    place = Place.of(site.path)
    errand = Errand(Bond.ISSUED, issue.title, limits, text=issue.text)
    fields: dict[str, Any] = {
        **route_fields(route),
        "id": unit_id(issue),
        "home": place.district or site.path[0].code,
        "place": place,
        "reporter": issue.by.account,
        "created_at": site.now,
        "updated_at": site.now,
        "kind": Kind.TASK,
        "clause": Clause.ISSUED,
        "title": issue.title,
        "state": State.COORDINATING,
        "urgency": entry.urgency if entry else Urgency.NORMAL,
        "entry": entry.code if entry else None,
        "is_unlisted": entry is None,
        "level": None,
        "rulebook": rulebook.version,
        "reasons": {
            "kind": Clause.ISSUED,
            "route": {"function": None, **stop_reasons(route)},
            ERRAND: errand.stored(),
            ERRANDS: count,
            "issue": digest(issue),
        },
    }
    return family.born(fields, entry, site, said)
