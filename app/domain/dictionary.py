"""The dictionary (数据字典): the codes that answers are written in, and what each is called."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from app.domain.answer import OUTCOME
from app.domain.authority import Role
from app.domain.check.finding import SEVERITY, SORT
from app.domain.evidence import PHASE
from app.domain.explain.passage import SUBJECT
from app.domain.explain.reckoned import IDLE
from app.domain.family import Bond
from app.domain.retry import DISABLED
from app.domain.topic import WORDS as TOPIC
from app.domain.trial import ASPECT
from app.domain.webhook import CONDITION, ENVELOPE, PAYLOAD, SIGNING
from app.domain.words import (
    ACTION,
    BASIS,
    CHANNEL,
    CLAUSE,
    CLOCK,
    FILE_TYPE,
    GRADE,
    KIND,
    LIGHT,
    NEED,
    ORGANISATION_KIND,
    PART,
    REQUEST,
    REQUEST_STATE,
    STATE,
    TIER,
    URGENCY,
    VIEW,
    Words,
)

ROLE: Final[Words] = {
    Role.REPORTER: ("上报人", "reporter"),
    Role.GRID_WORKER: ("网格员", "grid worker"),
    Role.CLERK: ("中心坐席", "clerk of a centre"),
    Role.DEPARTMENT: ("部门经办人", "department's officer"),
    Role.SUPERVISOR: ("中心负责人", "head of a centre"),
    Role.INTEGRATOR: ("系统对接", "another system"),
    Role.ADMINISTRATOR: ("管理员", "administrator"),
}
BOND: Final[Words] = {
    Bond.SPLIT: ("拆分", "split"),
    Bond.SUPPORT: ("协办", "support"),
    Bond.WHISTLE: ("吹哨", "whistle"),
    Bond.ISSUED: ("交办", "issued"),
}


class Vocabulary(NamedTuple):
    """The codes of one sort."""

    zh: str
    en: str
    words: Words

    @property
    def sort(self) -> type[StrEnum]:
        """The enumeration whose members the codes are."""
        found: type[StrEnum] = type(next(iter(self.words)))
        return found

    @property
    def name(self) -> str:
        """The sort's name as answers spell names."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.sort.__name__).lower()


VOCABULARIES: Final[Sequence[Vocabulary]] = (
    Vocabulary("状态", "states of a unit", STATE),
    Vocabulary("类型", "kinds of unit", KIND),
    Vocabulary("类型判定依据", "clauses that decide the kind", CLAUSE),
    Vocabulary("紧急程度", "urgencies", URGENCY),
    Vocabulary("亮灯", "lights", LIGHT),
    Vocabulary("时限", "limits and stages", CLOCK),
    Vocabulary("计时方式", "kinds of time", BASIS),
    Vocabulary("操作", "actions", ACTION),
    Vocabulary("操作所需", "what actions need", NEED),
    Vocabulary("事件类型", "event types: feed, stream and webhooks", TOPIC),
    Vocabulary("待办视图", "views of a queue", VIEW),
    Vocabulary("层级", "tiers", TIER),
    Vocabulary("单位类型", "kinds of organisation", ORGANISATION_KIND),
    Vocabulary("角色", "roles", ROLE),
    Vocabulary("事件来源", "channels", CHANNEL),
    Vocabulary("申请事项", "kinds of request", REQUEST),
    Vocabulary("申请状态", "states of a request", REQUEST_STATE),
    Vocabulary("任务由来", "what makes a unit another's task", BOND),
    Vocabulary("回访评价", "grades", GRADE),
    Vocabulary("佐证阶段", "what an attachment shows", PHASE),
    Vocabulary("附件格式", "what may be attached", FILE_TYPE),
    Vocabulary("规则库组成", "parts of a rulebook", PART),
    Vocabulary("消息详略", "how much a message tells", PAYLOAD),
    Vocabulary("消息信封", "what a message is wrapped in", ENVELOPE),
    Vocabulary("签名方式", "what a webhook is signed with", SIGNING),
    Vocabulary("推送订阅状态", "whether an endpoint is sent anything", CONDITION),
    Vocabulary("停用原因", "why an endpoint is switched off", DISABLED),
    Vocabulary("推送结果", "how a request to an endpoint ended", OUTCOME),
    Vocabulary("不计时原因", "why nothing of a day was counted", IDLE),
    Vocabulary("说明主题", "what a passage of an explanation is about", SUBJECT),
    Vocabulary("试运行差异", "what a trial compares", ASPECT),
    Vocabulary("检查发现", "sorts of findings", SORT),
    Vocabulary("发现的轻重", "how bad a finding is", SEVERITY),
)
