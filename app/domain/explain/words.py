"""What reasons are called in an explanation, in Chinese and in English."""

from collections.abc import Mapping
from typing import Final

from app.domain.admission import Located
from app.domain.classify import Method
from app.domain.explain.passage import Said
from app.domain.limit import Basis, Limit, LimitUnit
from app.domain.local import Obstacle
from app.domain.responsibility import Duty, EntryBasis
from app.domain.words import Words

PLACE: Final[Words] = {
    Located.CODE: ("上报时给出的编码", "the code given"),
    Located.POINT: ("坐标", "the point"),
    Located.ADDRESS: ("地址文字", "the address"),
    Located.BORDER: ("两地交界处, 取共同的上级区划", "a border: the area common to both sides"),
    Located.TEXT: ("事件描述中的地名", "a place named in the text"),
    Located.ORGANISATION: ("上报单位的辖区", "the reporter's own area"),
    Located.PERSON: ("人工研判", "a person"),
}
METHOD: Final[Words] = {
    Method.CODE: ("上报时给定的类别", "the category given"),
    Method.RULE: ("本地规则", "a local rule"),
    Method.TEXT: ("文字匹配", "the text"),
    Method.PERSON: ("人工研判", "a person"),
    Method.UNSURE: ("待人工研判", "a person must look"),
}
OBSTACLE: Final[Words] = {
    Obstacle.ENTRY_GONE: ("清单中没有它指的条目", "the list has no such entry"),
    Obstacle.ENTRY_ASLEEP: ("它指的条目不在有效期内", "its entry is not in force"),
    Obstacle.AREA_GONE: ("没有它指的区划", "there is no such area"),
    Obstacle.HOLDER_GONE: ("没有它指的单位", "there is no such organisation"),
    Obstacle.HOLDER_ENDED: ("它指的单位不在有效期内", "its organisation does not exist then"),
    Obstacle.HOLDER_BELOW: (
        "它指的单位低于条目的处置层级",
        "its organisation is below the entry's level",
    ),
    Obstacle.HOLDER_NO_CENTRE: (
        "事件须由中心统筹, 它指的单位不是中心",
        "an event needs a centre, its organisation is none",
    ),
    Obstacle.FAILED: ("它的条件无法判断", "its conditions cannot be judged"),
}
DUTY: Final[Words] = {
    Duty.BASIC: ("基本履职, 镇街牵头", "a basic duty: the street leads"),
    Duty.COOPERATING: (
        "配合履职, 区县牵头、镇街协助",
        "a cooperating duty: the district leads, the street supports",
    ),
    Duty.WITHDRAWN: ("上级部门收回, 不派镇街", "taken back from the streets"),
}
ENTRY_BASIS: Final[Words] = {
    EntryBasis.PUBLISHED: ("公布标准", "a published standard"),
    EntryBasis.ADAPTED: ("参照改写", "adapted from a standard"),
    EntryBasis.DRAFTED: ("自行起草", "drafted by the city"),
}
_UNITS: Final[Mapping[LimitUnit, str]] = {
    LimitUnit.WORK_MINUTE: "working minute",
    LimitUnit.WORK_HOUR: "working hour",
    LimitUnit.WORK_DAY: "working day",
    LimitUnit.MINUTE: "minute",
    LimitUnit.HOUR: "urgent hour",
    LimitUnit.DAY: "urgent day",
}
BASIS: Final[Words] = {
    Basis.WORK: ("按工作时间计", "working time"),
    Basis.WALL: ("昼夜、节假日连续计", "nights and holidays included"),
}


def limit_said(limit: Limit) -> Said:
    """Return a limit as lists write it."""
    plural = "" if limit.value == 1 else "s"
    return Said(str(limit), f"{limit.value} {_UNITS[limit.unit]}{plural}")


def quoted(words: object) -> str:
    """Return words in Chinese quotation marks; nothing for none."""
    listed = words if isinstance(words, list | tuple) else ()
    return "".join(f"“{word}”" for word in listed if word)
