"""What a request looks like over the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.api.models import Named
from app.domain.request import RequestKind, RequestState


class RequestOut(BaseModel):
    """What somebody has asked for; `desk` is the centre that must decide it now."""

    id: UUID
    unit: UUID
    kind: RequestKind
    organisation: Named
    at: datetime
    reason: str
    until: datetime | None
    agreed: list[Named]
    state: RequestState
    desk: Named | None
    decided_at: datetime | None
    decision: str
