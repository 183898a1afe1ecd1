"""Evidence over the wire: what names uploads, and what tells of them."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.exhibits import Exhibits
from app.api.models import Named, Said
from app.domain.evidence import FileType, Phase

_ID: Final = "5d1f0a52-6c2b-4c39-9a0e-0f5e3a1c7b44"


def _example(phase: Phase, **said: str) -> ConfigDict:
    example: dict[str, Any] = {**said, "attachments": [{"id": _ID, "phase": phase.value}]}
    return ConfigDict(json_schema_extra={"examples": [example]})


class ResolveIn(Said):
    """What was done, and what shows it."""

    model_config = _example(Phase.AFTER, reason="已清运完毕, 现场干净")

    attachments: Exhibits = Field(default_factory=list)


class AttachIn(Said):
    """Which uploads to attach."""

    model_config = _example(Phase.BEFORE)

    attachments: Annotated[Exhibits, Field(min_length=1)]


class AttachmentOut(BaseModel):
    """An upload; `unit` and `phase` once it is attached, `event` if it belongs to the report."""

    id: UUID
    sha256: str
    size: int
    type: FileType
    name: str
    organisation: Named
    created_at: datetime
    unit: UUID | None
    event: UUID | None
    phase: Phase | None


class AttachmentList(BaseModel):
    """What is attached to a unit and to its report, the oldest first."""

    items: list[AttachmentOut]
