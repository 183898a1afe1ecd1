"""What can be refused: each error names the fact, holds its data and knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Last:
    """What was done last to a unit, when, by which organisation and by whom, if by a person."""

    action: str
    at: datetime
    organisation: str
    name: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """How a unit stands now, for somebody who saw it otherwise."""

    version: int
    state: str
    last: Last | None = None


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal. `zh` and `en` say it to people; `field` points at the input's part.

    `present` tells how the unit stands that it is about.
    """

    zh: str
    en: str
    field: str = ""
    allowed: Sequence[str] = ()
    present: Present | None = None

    def __str__(self) -> str:
        """Say it in both languages, for logs and the terminal."""
        return f"{self.zh} / {self.en}"


class Invalid(DomainError):
    """The input cannot be understood or names what does not exist."""


class TooLarge(DomainError):
    """More than the service takes in one request."""


class NotFound(DomainError):
    """Nothing of that name is within the caller's sight."""


class Forbidden(DomainError):
    """The caller may see it but not do this."""


class Unauthenticated(DomainError):
    """No key, or one nobody knows."""


class Conflict(DomainError):
    """The same id stands for something else."""


class ActionNotAllowed(DomainError):
    """The unit's present state does not permit the action."""


class Stale(DomainError):
    """The unit has changed since the caller saw it."""


class Claimed(DomainError):
    """A colleague has the unit in hand."""


class ClaimLost(DomainError):
    """The claim the caller shows is not a live one of theirs."""


class Changed(DomainError):
    """What is no unit has changed since the caller saw it."""


class VersionRequired(DomainError):
    """The call does not say which version of the unit it saw."""


class Expired(DomainError):
    """It was good for a while, and no longer is: the way to begin anew is told."""


class Unavailable(DomainError):
    """The service cannot answer now; asking again later helps."""


class Busy(Unavailable):
    """More waits than can be written; nothing of this request was kept."""


@dataclass(eq=False)
class BadSheet(DomainError):
    """A file that was refused as a whole, with every fault in it."""

    faults: Sequence[str] = field(default_factory=tuple)
