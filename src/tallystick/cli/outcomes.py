"""Outcomes of safe repay on the command line: printed where all is done, else an error with its exit code."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.failing import (
    FAILED,
    RESUME,
    STANDS_STILL,
    UNKNOWN,
    Category,
    Effect,
    Failure,
    Form,
    for_account,
)
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import LOCAL, Asked, naming
from tallystick.cli.frame.text import exact, iso, short
from tallystick.cli.outcome_records import Resumed, ToldLeg, ToldOutcome, ToldPlan, ToldRun
from tallystick.client.safe.intents import Ended
from tallystick.client.safe.outcomes import (
    Converted,
    Leg,
    NotConverted,
    NotRepaid,
    Outcome,
    PartlyRepaid,
    Plan,
    Repaid,
    Run,
    StillRunning,
    UnknownOutcome,
)
from tallystick.client.safe.settling import STANDS

NAMES: Final[dict[type, str]] = {
    Repaid: "repaid",
    PartlyRepaid: "partly_repaid",
    NotRepaid: "not_repaid",
    StillRunning: "still_running",
    UnknownOutcome: "unknown",
    Converted: "converted",
    NotConverted: "not_converted",
}
ADVANCE: Final = "tally clock advance 1m"
STANDS_STILL_SAID: Final = Words(
    "The venue's clock stands still, so the repay cannot go on; nothing is lost.",
    "平台时钟停止，还债无法继续；不会丢失任何内容。",
)
STILL_RUNS: Final = Words("Not decided yet: the request is under way.", "尚无结果：请求仍在进行中。")
GO_ON: Final = Words("Go on with: {resume}", "继续：{resume}")
REPAID: Final = Words("Repaid {repaid}; {left} is left.", "已还 {repaid}；剩余 {left}。")
CONVERTED: Final = Words("Sold {sold}, bought {bought}.", "卖出 {sold}，买入 {bought}。")
NOTHING_WAITS: Final = Words("Nothing waits for its outcome.", "没有等待结果的请求。")
LEGS: Final = (
    Words("pair", "交易对"),
    Words("side", "方向"),
    Words("bound", "限价"),
    Words("size", "数量"),
    Words("filled at", "成交价"),
    Words("filled", "成交量"),
    Words("state", "状态"),
)


def record_of(ended: Ended) -> ToldOutcome:
    """The outcome as --json prints it."""
    name = NAMES[type(ended)]
    match ended:
        case Converted():
            return ToldOutcome(name, sold=exact(ended.sold), bought=exact(ended.bought), note=ended.note)
        case NotConverted():
            return ToldOutcome(name, note=ended.note, code=ended.code)
        case Outcome():
            return ToldOutcome(
                name,
                repaid=exact(ended.repaid),
                left=exact(ended.left),
                runs=[run_of(run) for run in ended.runs],
                note=ended.note,
                code=getattr(ended, "code", ""),
                intent=ended.intent,
                plan=plan_of(ended.plan) if ended.plan else None,
            )


def run_of(run: Run) -> ToldRun:
    return ToldRun(iso(run.at), run.status, exact(run.repaid), [leg_of(leg) for leg in run.legs])


def leg_of(leg: Leg) -> ToldLeg:
    return ToldLeg(
        inst_id=leg.inst_id,
        side=leg.side,
        px=exact(leg.px),
        sz=exact(leg.sz),
        fill_px=exact(leg.fill_px),
        fill_sz=exact(leg.fill_sz),
        fee=short(exact(leg.fee), 18),
        state=leg.state,
    )


def plan_of(plan: Plan) -> ToldPlan:
    return ToldPlan(
        debt=exact(plan.debt),
        direct=exact(plan.direct),
        brings={ccy: exact(amount) for ccy, amount in plan.brings},
        legs=[leg_of(leg) for leg in plan.legs],
        fees=exact(plan.fees),
        left=exact(plan.left),
        left_at_most=exact(plan.left_at_most),
        dust=list(plan.dust),
        margin_before=exact(plan.margin_before),
        margin_after=exact(plan.margin_after),
    )


def say_outcome(asked: Asked, ended: Ended, *, enough: bool = False) -> None:
    """Print an outcome that is as it was asked for. Raises Failure for any other.

    `enough`: a part was asked for, so that a rest is no failure.
    """
    record = record_of(ended)
    failure = failure_of(asked, ended, record)
    if failure is not None and not (enough and isinstance(ended, PartlyRepaid)):
        raise failure
    say(asked, record, lambda: words(record))


def say_resumed(asked: Asked, found: list[Ended]) -> None:
    """Print the outcomes of all that waited. Raises the worst failure: an unknown outcome before one that is told."""
    records = Resumed([record_of(ended) for ended in found])
    failures = [failure_of(asked, ended, record) for ended, record in zip(found, records.outcomes, strict=True)]
    worst = max(filter(None, failures), key=lambda failure: failure.exit_code, default=None)
    if worst is not None:
        worst.found = msgspec.to_builtins(records)
        raise worst
    say(asked, records, lambda: "\n\n".join(words(record) for record in records.outcomes) or str(NOTHING_WAITS))


def failure_of(asked: Asked, ended: Ended, record: ToldOutcome) -> Failure | None:
    """The error of an outcome that is not what was asked for, None for one that is."""
    match ended:
        case Repaid() | Converted():
            return None
        case PartlyRepaid():
            return _failure("partly-done", record, "done", retryable=True)
        case NotRepaid() | NotConverted():
            return _failure("not-done", record, "none", retryable=not record.code)
        case StillRunning() if ended.note == STANDS:
            advance = f"{ADVANCE}{_folder(asked)} && " if asked.profile == LOCAL else ""
            resume = advance + for_account(RESUME)
            record = msgspec.structs.replace(record, note=str(STANDS_STILL_SAID))
            return _failure("running", record, "unknown", resume=resume, exit_code=STANDS_STILL)
        case StillRunning():
            record = msgspec.structs.replace(record, note=str(STILL_RUNS))
            return _failure("running", record, "unknown", resume=for_account(RESUME), exit_code=UNKNOWN)
        case _:
            return _failure("unknown", record, "unknown", resume=for_account(RESUME), exit_code=UNKNOWN)


def _folder(asked: Asked) -> str:
    """The option that names the folder of a local venue."""
    return f" {naming(Asked(data=asked.data))}".rstrip()


def _failure(
    category: Category,
    record: ToldOutcome,
    effect: Effect,
    *,
    retryable: bool = False,
    resume: str = "",
    exit_code: int = FAILED,
) -> Failure:
    reason = " ".join(part for part in (_amounts(record), record.note) if part)
    form = Form(category, code=record.code, reason=reason, retryable=retryable, outcome=effect, resume=resume)
    found: dict[str, Any] = msgspec.to_builtins(record)
    return Failure(form, hint=str(GO_ON).format(resume=resume) if resume else "", exit_code=exit_code, found=found)


def _amounts(record: ToldOutcome) -> str:
    if record.outcome in ("repaid", "partly_repaid"):
        return str(REPAID).format(repaid=record.repaid, left=record.left)
    if record.outcome == "converted":
        return str(CONVERTED).format(sold=record.sold, bought=record.bought)
    return ""


def words(record: ToldOutcome) -> str:
    """An outcome in words, with the legs of its runs."""
    legs = [leg for run in record.runs for leg in run.legs]
    parts = [
        *([legs_table(legs)] if legs else []),
        " ".join(part for part in (_amounts(record), record.note) if part) or record.outcome,
    ]
    return "\n\n".join(parts)


def legs_table(legs: list[ToldLeg]) -> str:
    rows = [(leg.inst_id, leg.side, *map(short, (leg.px, leg.sz, leg.fill_px, leg.fill_sz)), leg.state) for leg in legs]
    return aligned([str(head) for head in LEGS], rows, right=(2, 3, 4, 5))
