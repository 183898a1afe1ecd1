"""Organisations."""

from fastapi import APIRouter

from app.api import render
from app.api.models import OrganisationOut
from app.api.request import Calling, Services
from app.domain import sight

router = APIRouter(prefix="/v1/organisations", tags=["organisations"])


@router.get("/{code}", summary="One organisation")
async def get_organisation(code: str, service: Services, caller: Calling) -> OrganisationOut:
    """Return an organisation within the caller's subtree."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    return render.organisation(sight.within(code, caller, rulebook).code, rulebook, now)
