"""Self-handled units whose evidence comes later: in a tunnel first the text, then the photo."""

from dataclasses import replace

from app.domain import handled
from app.domain.action import Action
from app.domain.filing import Filed
from app.domain.handled import Standing
from app.domain.timing import Terms
from app.flows import evidence
from app.flows.advance import Deed, moved
from app.store.database import Tx


async def settled(tx: Tx, filed: Filed, terms: Terms) -> Filed:
    """Return a unit that something was attached to, as it stands if it waited for just that.

    It is closed then as if all had come with the report, or verified as one of the sample.
    """
    unit, entry = filed.unit, terms.entry
    if (
        entry is None
        or not handled.awaits_evidence(unit)
        or await evidence.lacking(tx, unit, entry)
    ):
        return filed
    unit, standing = handled.shown(unit, terms.policy.self_handled_sample)
    if standing is Standing.SAMPLED:
        return replace(filed, unit=unit)
    deed = Deed(Action.SELF_HANDLE, None, unit.updated_at)
    after = moved(unit, filed.clocks, deed, terms)
    return replace(after, steps=(*filed.steps, *after.steps))
