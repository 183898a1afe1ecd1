"""Keys, made and revoked by an administrator of the area."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from app.api.models import Clean, Code, Moment, Strict, example
from app.api.once import Posted
from app.api.request import Calling, Services
from app.domain.authority import Role
from app.domain.organisation import OrganisationCode
from app.flows import access

router = APIRouter(prefix="/v1/keys", tags=["keys"])


class KeyIn(Strict):
    """A key to make for a person or machine of an organisation."""

    model_config = example(name="张敏", organisation="500103-ZX", roles=["clerk"])

    name: Annotated[Clean, StringConstraints(min_length=1, max_length=60)]
    organisation: Code
    roles: list[Role] = Field(min_length=1)
    expires_at: Moment | None = None


class KeyOut(BaseModel):
    """A new key; `key` is shown this once, and left out when the answer is given again."""

    id: str
    key: str | None = None
    name: str
    organisation: str
    roles: list[Role]


@router.post(
    "", status_code=201, summary="Make a key; it is shown this once", response_model=KeyOut
)
async def create_key(body: KeyIn, service: Services, once: Posted) -> Response:
    """Make an account with a key in an organisation of the caller's area."""
    now = service.now()
    async with once.transaction() as doing:
        made = await access.create(
            doing.tx,
            service.library.current(now).rulebook,
            name=body.name,
            organisation=OrganisationCode(body.organisation),
            roles=body.roles,
            at=now,
            expires_at=body.expires_at,
            by=once.caller,
        )
        shown = KeyOut(
            id=made.id,
            key=made.secret,
            name=body.name,
            organisation=body.organisation,
            roles=body.roles,
        )
        # Only its hash is ever stored: whoever lost the answer learns which key to revoke.
        return doing.answer(shown, status=201, told_once={"key"})


@router.delete("/{key_id}", status_code=204, summary="Revoke a key; it bites within 10 s")
async def revoke_key(key_id: str, service: Services, caller: Calling) -> Response:
    """Make a key of the caller's area worthless."""
    now = service.now()
    async with service.database.transaction() as tx:
        await access.revoke(tx, service.library.current(now).rulebook, key_id, at=now, by=caller)
    return Response(status_code=204)
