"""The cast: as whom one may look at the played city, from its director down to a grid."""

from dataclasses import dataclass
from typing import Final

from app.demo.people import Duty


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody of the played city, and the page where their work is."""

    code: str
    """Of the organisation they are at."""
    kind: str
    duty: Duty
    page: str
    zh: str
    en: str
    sees_zh: str
    sees_en: str


CAST: Final = (
    Character(
        "500000-ZX",
        "centre",
        Duty.WATCH,
        "/screen",
        "城市主管",
        "City director",
        "全市一屏: 今日数字、亮灯、积压在哪里; 可督办、可下钻",
        "the whole city on one screen: today's figures, lights, where work piles up",
    ),
    Character(
        "500103-ZX",
        "centre",
        Duty.DESK,
        "/centre",
        "区县中心坐席",
        "District centre's clerk",
        "渝中区的待研判、待派遣、待核查, 以及等待审批的申请",
        "what Yuzhong district has to judge, send out, verify and decide",
    ),
    Character(
        "500103003-ZX",
        "centre",
        Duty.DESK,
        "/centre",
        "镇街中心坐席",
        "Street centre's clerk",
        "解放碑街道的队列: 待研判、待派遣、待核查",
        "the queue of the Jiefangbei street",
    ),
    Character(
        "500103-CG",
        "department",
        Duty.WORK,
        "/centre",
        "区县部门",
        "District department",
        "渝中区城市管理局要办的: 签收、处置、退回",
        "what the district's city management has to accept, do or return",
    ),
    Character(
        "500103003020003-WG",
        "grid_team",
        Duty.REPORT,
        "/grid",
        "网格员",
        "Grid worker",
        "随身上报与处置; 断网也能用",
        "reports and tasks on the phone; works offline",
    ),
)
