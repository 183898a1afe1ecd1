"""What families look like over the wire: an order, and how far the tasks of a unit are."""

from pydantic import BaseModel

from app.domain.family import Bond


class ErrandOut(BaseModel):
    """What a task was ordered for by a person (拆分、协办、吹哨、交办), in their words.

    `limits` are those that came with the order, by clock; contact (联系) and turning up (报到)
    are there until they are done.
    """

    bond: Bond
    text: str
    turn: int
    limits: dict[str, str]


class ProgressOut(BaseModel):
    """How far the tasks of a unit are; `late` are or were past their limit."""

    total: int
    open: int
    closed: int
    late: int
