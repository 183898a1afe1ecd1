"""The lifecycle drawn from its own table, for docs/lifecycle.md."""

from dataclasses import replace

from app.domain.action import Action
from app.domain.authority import AUTHORITY, Role
from app.domain.conditions import rows
from app.domain.family import DEPTH, WITH_TASKS
from app.domain.lifecycle import STANDINGS, TRANSITIONS, UNTOUCHED, Move
from app.domain.need import Need
from app.domain.unit import State
from app.domain.words import ACTION, CLOCK, NEED, STATE

_EVERYWHERE = "note", "attach", "cancel"


def document() -> str:
    """Return docs/lifecycle.md: a diagram, the moves and what each state means."""
    return "\n".join(
        [
            "# The lifecycle of a unit",
            "",
            "`yiguan lifecycle` writes this page from `app/domain/lifecycle.py`.",
            "[casework.md](casework.md) shows the call that takes each action.",
            "A note (备注) or an attachment (附件) may be added in every state; any open unit",
            "may be cancelled (作废). The picture leaves these out, and what changes no state.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *_states(),
            *_arrows(),
            "```",
            "",
            "| action | from | to | needs | limits |",
            "| --- | --- | --- | --- | --- |",
            *_moves(),
            "",
            "| state | whose turn | limits that run |",
            "| --- | --- | --- |",
            *_standings(),
            "",
            "What an action does to the limits of the states it leaves and leads to; a limit that",
            "starts where it has run before begins anew, but goes on with the holder who returned",
            "the unit. [clocks.md](clocks.md) tells how a limit is counted.",
            "",
            *rows(),
            "",
            "Who may do it, by how they stand to the unit: holder (承办), owner (统筹中心),",
            "centre (所属中心), desk (轮到其办理的单位), above (上级中心), grid (本网格), approver",
            "(审批中心, on whose desk a request about it lies), reporter (上报人). Nobody verifies",
            "their own work. What a colleague of the same desk has claimed (领取) is theirs until",
            "the claim ends: [queues.md](queues.md).",
            "",
            "| action | who |",
            "| --- | --- |",
            *_authority(),
            "",
            "What is done to the open tasks below a unit, at every depth, with the unit:",
            "",
            "| to the unit | to its open tasks |",
            "| --- | --- |",
            *(f"| {one} | {other} |" for one, other in WITH_TASKS.items()),
            "",
            "A unit in coordinating waits for its tasks: resolve (办结) comes by itself with the",
            "last one, or from who coordinates it where none was done. issue (交办任务) makes a",
            f"unit with a task for each receiver. A family is at most {DEPTH} deep.",
            "",
            "The service itself takes these steps: receive (收件) and file (立案) at intake,",
            "merge (并案) of a similar report, self_handle (自行处置) of a report that came with",
            "its resolution or of one whose evidence has come since, redo (重办) of the work that",
            "an unsatisfied reporter rates (回访评价), or one whose report was merged into it,",
            "coordinate (统筹) for a planned event, resolve (办结) of an event by its last task,",
            "close (结案) with verify by default policy, notify (通知) of an emergency to every",
            "centre above, and warn, overdue, raise, supervise, notice (时限提醒, 超期, 提级督促,",
            "督办, 通报) when marks of a limit are passed. A dispatch by the list that a centre",
            "below is to carry on is a pass_down (交办); reclassify (改派类别) and reopen (重开)",
            "are followed by the dispatch. A unit returned (退回) too often waits for a ruling",
            "(指定承办) of the centre above; whom it names cannot return it, only escalate it",
            "(上报).",
            "supervise (督办) starts a limit of its own: it runs in every state until the unit is",
            "over, and stands while it is suspended.",
            f"rejudge (重新研判) takes a unit nobody has touched ({', '.join(UNTOUCHED)})",
            "to whatever the version in force makes of its event. move (区划调整) takes a unit",
            "along when its area or its holder is reorganised; its limits run on. retime",
            "(重算时限) counts running limits by a working calendar that was published anew.",
            "resume (恢复) takes a suspended unit back to the state it was in, also when the",
            "moment given has come, or when its last task has ended all the same.",
            "",
            "request (申请) asks the centres above for an extension, a suspension, a return or a",
            "cancellation, support (协办申请) the nearest centre over both bodies for another's",
            "help; grant, refuse and withdraw (批准, 驳回, 撤回) decide either. How many centres",
            "must agree is a policy. At its desk a centre's clerks decide at any hour, over a desk",
            "only the heads of the centres above. Support once granted is a task of the helper's.",
            "An extension is asked for before the deadline and may be granted after it: the moment",
            "it was asked for decides. appeal (申诉) asks the centre over whoever was late to",
            "leave that out of the statistics, also after the close; exempt (免予统计) does so,",
            "and that it was late stays a fact. A pending request but an appeal is void as soon as",
            "its unit takes another route or comes to where it cannot be done.",
            "",
        ]
    )


def _states() -> list[str]:
    return [f"    {state}: {STATE[state][0]} {STATE[state][1]}" for state in State]


def _arrows() -> list[str]:
    first = ["    [*] --> triage: 收件 receive", "    [*] --> filed: 立案 file"]
    drawn = [
        f"    {state} --> {to}: {ACTION[action][0]} {action}"
        for (state, action), move in TRANSITIONS.items()
        for to in _ends(state, move)
        if action not in _EVERYWHERE and to is not state
    ]
    return [*first, *drawn, *(f"    {state} --> [*]" for state in State if state.is_final)]


def _ends(state: State, move: Move) -> list[State]:
    """Return where a move leads: one that leads back, to whatever led to where it begins."""
    if not move.back:
        return [move.to]
    return [was for (was, _), other in TRANSITIONS.items() if other.to is state is not was]


def _moves() -> list[str]:
    """Return a row for each thing an action does, with every state it does it in."""
    rows: dict[tuple[Action, Move, str], list[State]] = {}
    for (state, action), move in TRANSITIONS.items():
        to = "as before" if move.to is state else ", ".join(_ends(state, move))
        same = replace(move, to=State.FILED) if move.to is state else move
        rows.setdefault((action, same, to), []).append(state)
    return [
        f"| {action} {ACTION[action][0]} | {', '.join(states)} | {to} | {_needs(move)}"
        f" | {_clocks(move)} |"
        for (action, move, to), states in rows.items()
    ]


def _authority() -> list[str]:
    return [
        f"| {action} {ACTION[action][0]} | "
        + "; ".join(f"{relation}: {_roles(roles)}" for relation, roles in table.items())
        + " |"
        for action, table in AUTHORITY.items()
    ]


def _roles(roles: frozenset[Role]) -> str:
    return "anybody" if roles == frozenset(Role) else ", ".join(sorted(roles))


def _needs(move: Move) -> str:
    return ", ".join(f"{need} {NEED[need][0]}" for need in Need if need in move.needs)


def _clocks(move: Move) -> str:
    """Tell what becomes of limits that the new state knows."""
    if move.resumes:
        return "go on 接续"
    return "begin anew 重计" if move.renews else ""


def _standings() -> list[str]:
    return [
        f"| {state} {STATE[state][0]} | {standing.seat} | "
        f"{', '.join(f'{name} {CLOCK[name][0]}' for name in standing.clocks)} |"
        for state, standing in STANDINGS.items()
    ]
