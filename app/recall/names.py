"""The forms in which people say the name of an area, and how much each form can be trusted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.area import Tier


@dataclass(frozen=True, slots=True)
class Trust:
    """What hearing a form is worth.

    `said`: how readily people use the form for the area, 0 to 1. `missed`: how readily the
    same characters stand in a text without meaning any area, 0 to 1.
    """

    said: float
    missed: float


_FULL: Final = Trust(1.0, 0.02)
_DISTRICT: Final = Trust(1.0, 0.001)
# Two characters before 村: 大路村, 新建村; a grid worker's daily form, hardly anything else.
_VILLAGE: Final = Trust(1.0, 0.05)
_EVERYDAY: Final = Trust(0.05, 1.0)
_SHORT: Final[Mapping[Tier, Trust]] = {
    Tier.DISTRICT: Trust(0.9, 0.05),
    Tier.STREET: Trust(0.8, 0.15),
    Tier.COMMUNITY: Trust(0.6, 0.2),
}
# Two characters alone are mostly also a word: of 9,500 such names 1,667 stand in a dictionary.
_TWO: Final[Mapping[Tier, Trust]] = {
    Tier.DISTRICT: Trust(0.85, 0.1),
    Tier.STREET: Trust(0.5, 0.4),
    Tier.COMMUNITY: Trust(0.08, 0.9),
}
# Short names of areas that are also plain things or are found in every town.
_WORDS: Final = re.compile(
    r"长寿|石柱|中心|人民|和平|大路|双桥|广场|市场|农场|花园|平台|龙头|桥头|"
    r"水库|城东|城西|城南|城北|城中|河边|路口|码头|机场|新村|农村|建设|文化|"
    r"胜利|火车站|汽车站|步行街|体育馆|十字路|十字街|四公里|八公里|五十公里|纪念碑|"
    r"公园路|滨江路|滨河路|花园路|建设路|解放路|中山路|东大街|南大街|西大街|大水沟|"
    r"清水塘|荷花池|鲤鱼池|大石板|桂花树|大柏树|香蕉园|新房子|梳妆台|东方红|新视界|"
    r"大公馆|东海岸|东方广场|北国风光|桃花源|工业园|开发区|大学城|医学院|商业街"
)
_BODY: Final = re.compile(r"(?:社区)?(?:居民委员会|村民委员会|居委会|村委会|工作站)$")
_PEOPLES: Final = re.compile(
    r"(?:(?:土家|苗|仡佬|回|蒙古|藏|维吾尔|彝|壮|布依|朝鲜|满|侗|瑶|白|哈尼|哈萨克|傣|黎|傈僳|畲|水|羌)族)+"
    r"(?=自治县|乡$)"
)
_SUFFIX: Final = re.compile(r"(?:自治县|新区|区|县|街道|镇|乡|社区|村)$")
_MIN_SHORT = 2


def forms(name: str, tier: Tier) -> Iterator[tuple[str, Trust]]:
    """Yield the forms of an official name, most trusted first; 学田湾社区居民委员会 has two."""
    full = _plain(name)
    short = _SUFFIX.sub("", full)
    if full != name:
        yield name, _FULL
    yield full, _full_trust(full, short, tier)
    if tier is Tier.DISTRICT and full.endswith("新区"):
        return
    if short != full and len(short) >= _MIN_SHORT:
        yield short, _short_trust(short, tier)


def _plain(name: str) -> str:
    """Drop the body that governs the area: 学田湾社区居民委员会 → 学田湾社区."""
    body = _BODY.search(name)
    if body:
        name = name[: body.start()] + ("社区" if body[0].startswith("社区") else "")
        return name if name.endswith(("社区", "村")) else name + "村"
    return _PEOPLES.sub("", name).replace("自治县", "县")


def _full_trust(full: str, short: str, tier: Tier) -> Trust:
    if _WORDS.fullmatch(full) or len(short) < _MIN_SHORT:
        return _EVERYDAY if tier is Tier.COMMUNITY else _FULL
    if tier is Tier.DISTRICT:
        return _DISTRICT
    return _VILLAGE if full.endswith("村") else _FULL


def _short_trust(short: str, tier: Tier) -> Trust:
    if _WORDS.fullmatch(short):
        return _EVERYDAY
    table = _TWO if len(short) == _MIN_SHORT else _SHORT
    return table[tier]


_DIGITS: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
GRID: Final = re.compile(r"第?(\d{1,3}|[一二三四五六七八九十]{1,3})号?网格")


def number(words: str) -> int:
    """Read 3, 三, 十二 or 二十 as a number below a thousand."""
    if words.isdecimal():
        return int(words)
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[digit]) for digit in words))
    return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
