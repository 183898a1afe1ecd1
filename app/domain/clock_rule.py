"""Rules of limits (时限规则): which units and bodies have another limit at a stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from app.domain.limit import Limit
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode, Urgency
from app.domain.unit import ClockName


@dataclass(frozen=True, slots=True)
class ClockRule:
    """Limits of the units it holds for; whatever it does not name asks nothing.

    `entry` is a pattern of codes such as `SX-06*`; `organisations` are those whom the limit
    binds: the holder of what it is to sign or to do, the centre of what it is to dispatch or
    to verify.
    """

    limits: Mapping[ClockName, Limit]
    entry: str = ""
    urgencies: tuple[Urgency, ...] = ()
    organisations: tuple[OrganisationCode, ...] = field(default=())

    def holds(
        self, entry: EntryCode | None, urgency: Urgency, bound: OrganisationCode | None
    ) -> bool:
        """Tell whether it speaks of a unit of an entry and an urgency, and of whom it binds."""
        if self.entry and (entry is None or not fnmatchcase(entry, self.entry)):
            return False
        if self.urgencies and urgency not in self.urgencies:
            return False
        return not self.organisations or bound in self.organisations
