"""Client of Yiguan (一贯): report, work on units, and keep a picture of what is open."""

from yiguan_client.client import Client
from yiguan_client.desk import Desk, Hand, Page
from yiguan_client.identity import new_id
from yiguan_client.mirror import Mirror
from yiguan_client.problem import Claimed, ClaimLost, Problem, Resync, Stale, Unavailable
from yiguan_client.shapes import Group, Message, Told
from yiguan_client.webhook import NotGenuine, verify

__all__ = [
    "ClaimLost",
    "Claimed",
    "Client",
    "Desk",
    "Group",
    "Hand",
    "Message",
    "Mirror",
    "NotGenuine",
    "Page",
    "Problem",
    "Resync",
    "Stale",
    "Told",
    "Unavailable",
    "new_id",
    "verify",
]
