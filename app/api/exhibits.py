"""Attachments as bodies name them."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.domain.evidence import AttachmentId, Exhibit, Phase


class ExhibitIn(BaseModel):
    """An upload, by the id it got, and what it shows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    phase: Phase


def _each_once(value: list[ExhibitIn]) -> list[ExhibitIn]:
    if len({one.id for one in value}) < len(value):
        message = "同一附件列出了两次 / an attachment is named twice"
        raise ValueError(message)
    return value


Exhibits = Annotated[list[ExhibitIn], Field(max_length=20), AfterValidator(_each_once)]


def exhibits(named: Iterable[ExhibitIn]) -> tuple[Exhibit, ...]:
    """Return the domain's own of the attachments that a body names."""
    return tuple(Exhibit(AttachmentId(one.id), one.phase) for one in named)
