"""Onboardings, reports and events as hypothesis makes them up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.domain import onboarding as machine
from bot.domain.onboarding import Onboarding, StepName, Thread
from bot.domain.report import LAYERS, Layer, Report, RightFinding, Rights, State, conclude

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
PEOPLE = ("U0ADA00001", "U0BEN00001", "U0CLEO0001")
KEYS = {
    "rights": ("rights_excess", "rights_admin", "rights_customized", "rights_probed", "rights_missing"),
    "member": ("member_level_low", "member_boards_restricted", "member_not_api", "member_inactive"),
}


def begin(**changes: Any) -> Onboarding:
    """A fresh one."""
    fields: dict[str, Any] = {
        "id": "0123456789abcdef",
        "team_id": "T0NORTHWND",
        "name": "Production",
        "host": "psa.brightwater.example",
        "company": "brightwater",
        "started_by": PEOPLE[1],
        "started_at": NOON,
        "touched_at": NOON,
        "thread": Thread(channel_id="C0PSASETUP"),
        **changes,
    }
    return Onboarding(**fields)


def report_of(at: datetime = NOON, missing: tuple[RightFinding, ...] = (), **states: State | str) -> Report:
    """A report: layers are fine unless named here, with a state or with the error key of a warning."""
    layers = []
    for name in LAYERS:
        given = states.get(name, State.OK)
        is_key = not isinstance(given, State)
        layers.append(
            Layer(
                name=name,
                state=State.WARN if is_key else State(given),
                summary=f"{name} was looked at.",
                fix="Mend it." if given != State.OK else "",
                error_key=str(given) if is_key else (None if given == State.OK else "rights_missing"),
            )
        )
    return Report(
        outcome=conclude(layers),
        site="psa.brightwater.example",
        company="brightwater",
        checked_at=at,
        layers=tuple(layers),
        rights=Rights(missing=missing),
    )


@dataclass(frozen=True)
class Event:
    """Something that happens to an onboarding at some time."""

    name: str
    apply: Callable[[Onboarding, datetime], Onboarding]

    def __repr__(self) -> str:
        """For hypothesis' examples."""
        return self.name


steps = st.sampled_from(StepName)
people = st.sampled_from(PEOPLE)


@st.composite
def reports(draw: st.DrawFn) -> Callable[[datetime], Report]:
    """Any report, made when it is known at what time."""
    states: dict[str, State | str] = {}
    for name in LAYERS:
        choices: list[State | str] = [*(it for it in State if it is not State.WARN), *KEYS.get(name, ())]
        states[name] = draw(st.sampled_from(choices))
    lag = timedelta(minutes=draw(st.integers(0, 5)))
    finding = RightFinding(
        module="System", function="Table Setup", level="inquire", have="None", want="All", why="Boards."
    )
    missing = (finding,) * draw(st.integers(0, 2))
    return lambda at: report_of(at - lag, missing, **states)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Anything that can happen; removal is rare, as in life."""
    kinds = ["take", "hand_over", "complete", "complete", "undo", "details", "report", "report", "remind"]
    kind = draw(st.sampled_from([*kinds, *kinds, "close"]))
    step, by, to = draw(steps), draw(people), draw(people)
    made = draw(reports())
    applied: dict[str, Callable[[Onboarding, datetime], Onboarding]] = {
        "take": lambda it, at: machine.take(it, step, by=by, at=at),
        "hand_over": lambda it, at: machine.hand_over(it, step, to=to, by=by, at=at),
        "complete": lambda it, at: machine.complete(it, step, by=by, at=at),
        "undo": lambda it, at: machine.undo(it, step, by=by, at=at),
        "details": lambda it, at: machine.accept_details(it, by=by, at=at),
        "report": lambda it, at: machine.apply_report(it, made(at), at=at),
        "remind": lambda it, at: machine.remind(it, at=at, after=timedelta(minutes=3)),
        "close": lambda it, at: machine.close(it, by=by, at=at),
    }
    return Event(f"{kind}({step}, {by})", applied[kind])


histories = st.lists(events(), max_size=25)


def play(history: list[Event]) -> list[Onboarding]:
    """Every state that a history goes through, a minute apart."""
    states = [begin()]
    for number, event in enumerate(history, start=1):
        states.append(event.apply(states[-1], NOON + timedelta(minutes=number)))
    return states
