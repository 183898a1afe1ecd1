"""Who acts: names for the people of an organisation, their roles, their keys."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.demo.service import Service

_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑唐谢冉向谭秦"
_GIVEN: Final = (
    "建国",
    "晓燕",
    "志强",
    "海燕",
    "永川",
    "素芬",
    "光荣",
    "显德",
    "静",
    "磊",
    "勇",
    "敏",
)


class Duty(StrEnum):
    """What somebody is at work for."""

    REPORT = "report"
    """上报"""
    WORK = "work"
    """承办"""
    DESK = "desk"
    """中心坐席"""
    WATCH = "watch"
    """中心负责人"""


_ROLES: Final[Mapping[Duty, str]] = {
    Duty.REPORT: "integrator",
    Duty.DESK: "clerk",
    Duty.WATCH: "supervisor",
}
_WORKERS: Final[Mapping[str, str]] = {
    "centre": "clerk",
    "department": "department",
    "board": "department",
    "committee": "grid_worker",
    "grid_team": "grid_worker",
}


def role_of(duty: Duty, kind: str) -> str:
    """Return the role that a duty asks for in a kind of organisation."""
    if duty is Duty.WORK or (duty is Duty.REPORT and kind == "grid_team"):
        return _WORKERS[kind]
    return _ROLES[duty]


@dataclass
class People:
    """Everybody who has a key so far; whoever is needed first gets one from the administrator."""

    service: Service
    administrator: str
    _keys: dict[tuple[str, Duty], str] = field(default_factory=dict)
    _hiring: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def key(self, organisation: str, kind: str, duty: Duty) -> str:
        """Return the key of whoever does this duty in the organisation."""
        wanted = (organisation, duty)
        if wanted not in self._keys:
            async with self._hiring:
                if wanted not in self._keys:
                    self._keys[wanted] = await self._hire(organisation, kind, duty)
        return self._keys[wanted]

    async def _hire(self, organisation: str, kind: str, duty: Duty) -> str:
        asked = {
            "name": name_of(organisation, duty),
            "organisation": organisation,
            "roles": [role_of(duty, kind)],
        }
        made = await self.service.post("/v1/keys", self.administrator, asked)
        return str(made["key"])


def name_of(organisation: str, duty: Duty) -> str:
    """Return a person's name, the same in every run."""
    draw = random.Random(f"{organisation}/{duty}")  # noqa: S311 - a play, not a secret
    return draw.choice(_SURNAMES) + draw.choice(_GIVEN)
