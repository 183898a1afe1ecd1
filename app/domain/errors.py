"""What can be refused: each error names the fact, holds its data and knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal. `zh` and `en` say it to people; `field` points at the input's part."""

    zh: str
    en: str
    field: str = ""
    allowed: Sequence[str] = ()

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


@dataclass(eq=False)
class Stale(DomainError):
    """The unit has changed since the caller saw it."""

    version: int = 0


class VersionRequired(DomainError):
    """The call does not say which version of the unit it saw."""


class Unavailable(DomainError):
    """The service cannot answer now; asking again later helps."""


class Busy(Unavailable):
    """More waits than can be written; nothing of this request was kept."""


@dataclass(eq=False)
class BadSheet(DomainError):
    """A file that was refused as a whole, with every fault in it."""

    faults: Sequence[str] = field(default_factory=tuple)
