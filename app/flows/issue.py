"""Top-down tasks: issued in batches, followed by organisation, the late reminded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain import issue as domain
from app.domain.action import Action
from app.domain.errors import Conflict
from app.domain.filing import Filed
from app.domain.issue import Issue
from app.domain.organisation import OrganisationCode
from app.domain.unit import Unit
from app.flows.advance import moved, step_of, write
from app.flows.casework import Order, deed_of, open_case
from app.flows.intake import begin
from app.flows.rulebook import Library, Reference
from app.store import families, units
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Issued:
    """The unit an issue made, with its number; `tasks` is how many were ordered with it now."""

    unit: Unit
    tasks: int


async def issue(tx: Tx, reference: Reference, wish: Issue, now: datetime) -> Issued:
    """Issue a task to many organisations: a unit and its tasks, in five statements.

    Sent again it is answered with what is there; raises Conflict for other content.
    """
    # The lock first: of two that send the same at once the second finds what the first wrote.
    known = await units.take(tx, [domain.unit_id(wish)])
    if known:
        return _again(known[0], wish)
    rulebook = reference.rulebook
    found = domain.receivers(wish, rulebook)
    domain.refuse_unobliged(wish, found, rulebook)
    filed = domain.issued(wish, found, rulebook, now)
    numbers = await begin(tx, filed, reference)
    parent = filed[0].unit
    return Issued(replace(parent, number=numbers[parent.id]), len(found))


def _again(known: Unit, wish: Issue) -> Issued:
    if known.reasons.get("issue") != domain.digest(wish):
        raise Conflict(
            zh=f"编号 {wish.id} 已以不同内容交办, 请使用新的编号",
            en=f"{wish.id} was issued before with other content; use a new id",
            field="id",
        )
    return Issued(known, 0)


async def remind(tx: Tx, library: Library, order: Order) -> Sequence[OrganisationCode]:
    """Remind every organisation whose task of a unit is late; returns them.

    A task that somebody works on at this very moment is left out: it is not forgotten.
    """
    case = await open_case(tx, library, order, Action.REMIND)
    late = await families.late(tx, case.unit, order.at)
    tasks = await units.take_free(tx, late)
    deed = deed_of(order, Action.REMIND)
    changes = [_reminded(task, order) for task in tasks]
    holders = tuple(dict.fromkeys(task.holder for task in tasks))
    told = replace(deed, data={"tasks": len(tasks), "organisations": list(holders)})
    changes.append(moved(case.unit, case.clocks, told, case.terms()))
    await write(tx, changes)
    return holders


def _reminded(task: Unit, order: Order) -> Filed:
    deed = deed_of(order, Action.REMIND)
    after = replace(task, steps=task.steps + 1, updated_at=order.at)
    return Filed(after, (step_of(after, deed),), ())
