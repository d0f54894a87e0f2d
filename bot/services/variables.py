"""Organization variables: what there is to choose, what somebody chose, and whether ConnectWise still has it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.domain import onboarding as machine
from bot.domain.errors import ConnectWiseError, CwBotError, StaleError
from bot.domain.instance import Instance, Standing
from bot.domain.report import Report, State
from bot.domain.variable_checks import Found, Problem, check_against, check_form, is_email, renamed
from bot.domain.variables import (
    LISTED,
    OF_BOARD,
    UNREADABLE_KEYS,
    VARIABLES_DRIFT,
    Entry,
    Kind,
    Value,
    Values,
    Variable,
    Variables,
    find_variable,
    id_of,
    value_of,
    variables,
)
from bot.services.hand_in import ACK_BUDGET_SECONDS, within
from bot.services.listings import Listings, Lists
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock, Instances, Spawn

log = structlog.get_logger(__name__)

__all__ = [
    "MOST_OFFERED",
    "Offer",
    "Query",
    "Refused",
    "Saved",
    "Stale",
    "VariablesAnswer",
    "VariablesEntry",
    "VariablesService",
    "is_email",
]

# Slack waits 3 s for the options of a select, and shows 100 of them.
OFFER_BUDGET_SECONDS = 1.8
MOST_OFFERED = 100

# Behind the ack, and beside the verdict of a check.
SLOW_BUDGET_SECONDS = 25.0
CHECK_BUDGET_SECONDS = 10.0
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Query:
    """What a select asks for: a variable, the board and type that are chosen above it, and what was typed."""

    team_id: str
    instance_id: str
    variable: str
    board_id: int = 0
    type_id: int = 0
    search: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from: the first entries of `total`.

    `is_old` where it is remembered from a while ago, `is_slow` where nothing is known yet, `error` where it cannot be
    read.
    """

    entries: tuple[Entry, ...] = ()
    total: int = 0
    is_old: bool = False
    is_slow: bool = False
    error: CwBotError | None = None


@dataclass(frozen=True, slots=True)
class VariablesEntry:
    """What was chosen and typed; `edition` is that of the variables when the form was opened, 0 where there were none."""

    team_id: str
    instance_id: str
    by: str
    edition: int
    values: Mapping[str, Value]
    view_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was saved. `problems` blame variables; `error` says why nothing could be told at all."""

    instance: Instance
    problems: tuple[Problem, ...] = ()
    error: CwBotError | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody saved others while the form was open; nothing was saved. `differing` names what is not the same."""

    instance: Instance
    by: str
    at: datetime
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """They are saved; `warnings` are worth a look."""

    instance: Instance
    variables: Variables
    warnings: tuple[Problem, ...] = field(default=())


VariablesAnswer = Refused | Stale | Saved


class VariablesService:
    """Offers, checks and keeps the organization variables of instances."""

    def __init__(
        self,
        *,
        lists: Lists,
        instances: Instances,
        onboarding: OnboardingService,
        clock: Clock,
        spawn: Spawn,
        ack_budget_seconds: float = ACK_BUDGET_SECONDS,
    ) -> None:
        self._lists = lists
        self._listings = Listings(lists, spawn=spawn)
        self._instances = instances
        self._onboarding = onboarding
        self._clock = clock
        self._spawn = spawn
        self._ack_budget_seconds = ack_budget_seconds

    async def open(self, team_id: str, instance_id: str) -> Instance:
        """The instance, with keys to read its lists by. Raises `CwBotError`: `instance_gone`, `variables_need_keys`."""
        instance = await self._get(team_id, instance_id)
        if instance.credentials is None or instance.standing is Standing.DRAFT:
            raise CwBotError("variables_need_keys")
        return instance

    async def kept(self, team_id: str, instance_id: str) -> tuple[Instance, Variables]:
        """What was chosen. Raises `CwBotError`: `instance_gone`, `variables_none`."""
        instance = await self._get(team_id, instance_id)
        if instance.variables is None:
            raise CwBotError("variables_none")
        return instance, instance.variables

    async def suggest(self, query: Query, *, budget_seconds: float = OFFER_BUDGET_SECONDS) -> Offer:
        """What a select offers, in time for Slack whatever ConnectWise does."""
        variable = find_variable(query.variable)
        if (
            variable is None
            or variable.kind not in LISTED
            or (_hangs_on_board(variable) and not query.board_id)
        ):
            return Offer()
        try:
            instance = await self.open(query.team_id, query.instance_id)
            return await self._offer(instance, variable, query, budget_seconds)
        except ConnectWiseError as error:
            return Offer(error=_explained(error, variable))

    async def hand_in(
        self, entry: VariablesEntry, tell: Callable[[VariablesAnswer], Awaitable[None]]
    ) -> VariablesAnswer | None:
        """Check what was chosen and keep it. None when it takes longer than an ack may: `tell` is then told the end."""
        instance = await self.open(entry.team_id, entry.instance_id)
        problems = check_form(entry.values)
        if problems:
            return Refused(instance, problems)
        return await within(
            self._conclude(instance, entry),
            tell,
            spawn=self._spawn,
            budget_seconds=self._ack_budget_seconds,
            name="save-variables",
        )

    async def check(self, instance: Instance) -> tuple[Problem, ...]:
        """What ConnectWise says against the variables that are kept; nothing where there are none.

        What may not be read is not held against them. Raises `ConnectWiseError` where nothing can be told.
        """
        if instance.variables is None:
            return ()
        values = instance.variables.values
        return check_against(values, await self._find(instance, values), is_strict=False)

    async def with_drift(self, instance: Instance, report: Report) -> Report:
        """The report of a check with what is wrong with the variables among its facts, where that can be told."""
        if instance.variables is None or report.layer("keys").state is not State.OK:
            return report
        try:
            async with asyncio.timeout(CHECK_BUDGET_SECONDS):
                problems = await self.check(instance)
        except (ConnectWiseError, TimeoutError) as error:
            log.info("variables_not_checked", instance=instance.id, error=type(error).__name__)
            return report
        drift = [it.model_dump(mode="json") for it in problems if it.is_error]
        return report.model_copy(update={"facts": {**report.facts, VARIABLES_DRIFT: drift}})

    async def _get(self, team_id: str, instance_id: str) -> Instance:
        instance = await self._instances.get(team_id, instance_id)
        if instance is None:
            raise CwBotError("instance_gone")
        return instance

    async def _offer(
        self, instance: Instance, variable: Variable, query: Query, budget_seconds: float
    ) -> Offer:
        loop = asyncio.get_running_loop()
        until = loop.time() + budget_seconds
        board_id = query.board_id if _hangs_on_board(variable) else 0
        glance = await self._listings.look(
            instance, variable.kind, board_id=board_id, budget_seconds=budget_seconds
        )
        if query.search and glance.listing is not None and not glance.listing.is_complete:
            glance = await self._listings.look(
                instance,
                variable.kind,
                board_id=board_id,
                search=query.search,
                budget_seconds=max(0.0, until - loop.time()),
            )
        if glance.listing is None:
            return Offer(is_slow=True)
        fitting = [it for it in glance.listing.entries if _fits(variable, it, query)]
        return Offer(tuple(fitting[:MOST_OFFERED]), total=len(fitting), is_old=glance.is_old)

    async def _conclude(self, instance: Instance, entry: VariablesEntry) -> VariablesAnswer:
        try:
            async with asyncio.timeout(SLOW_BUDGET_SECONDS):
                found = await self._find(instance, entry.values)
        except ConnectWiseError as error:
            return Refused(instance, error=error)
        except TimeoutError:
            return Refused(instance, error=ConnectWiseError("answer_timeout", transient=True))
        problems = check_against(entry.values, found)
        if any(it.is_error for it in problems):
            return Refused(instance, tuple(it for it in problems if it.is_error))
        answer = await self._save(entry, renamed(entry.values, found))
        if isinstance(answer, Saved):
            await self._mark(answer)
            return Saved(answer.instance, answer.variables, warnings=problems)
        return answer

    async def _save(self, entry: VariablesEntry, values: dict[str, Value]) -> Saved | Stale:
        for _ in range(_TRIES):
            current = await self._get(entry.team_id, entry.instance_id)
            known = current.variables
            if known is not None and known.values == values:
                return Saved(current, known)
            edition = known.edition if known else 0
            if known is not None and edition != entry.edition:
                return Stale(current, known.by, known.at, known.differs_in(values))
            now = self._clock()
            chosen = Variables(values=values, by=entry.by, at=now, edition=edition + 1)
            try:
                kept = await self._instances.save(current.evolve(variables=chosen))
            except StaleError:
                continue  # a check wrote its verdict, or somebody changed something: look again
            return Saved(kept, chosen)
        raise StaleError

    async def _mark(self, saved: Saved) -> None:
        """Complete the step in the thread, where there is one."""
        team_id, instance_id, now = saved.instance.team_id, saved.instance.id, self._clock()
        if await self._onboarding.find(team_id, instance_id) is None:
            return
        await self._onboarding.change(
            team_id, instance_id, lambda it: machine.accept_variables(it, saved.variables, at=now)
        )

    async def _find(self, instance: Instance, values: Values) -> Found:
        wanted = _ids_by_kind(values)
        board_id = id_of(values, Kind.BOARD)
        answers = await asyncio.gather(
            *(self._find_kind(instance, kind, ids, board_id) for kind, ids in wanted.items()),
            self._find_agreement(instance, values),
            self._find_item(instance, values),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        *entries, knows_agreement, item_fits = answers
        known = {kind: found for kind, found in zip(wanted, entries, strict=True) if isinstance(found, dict)}
        return Found(
            entries=known,
            knows_agreement=knows_agreement if isinstance(knows_agreement, bool) else None,
            item_fits=item_fits if isinstance(item_fits, bool) else None,
        )

    async def _find_kind(
        self, instance: Instance, kind: Kind, ids: frozenset[int], board_id: int
    ) -> dict[int, Entry] | None:
        try:
            return await self._lists.find(instance, kind, ids, board_id=board_id if kind in OF_BOARD else 0)
        except ConnectWiseError as error:
            if error.key in UNREADABLE_KEYS:
                return None
            raise

    async def _find_agreement(self, instance: Instance, values: Values) -> bool | None:
        name = value_of(values, Kind.AGREEMENT).text
        return await self._lists.knows_agreement(instance, name) if name else None

    async def _find_item(self, instance: Instance, values: Values) -> bool | None:
        board_id, type_id, subtype_id, item_id = (
            id_of(values, kind) for kind in (Kind.BOARD, Kind.TYPE, Kind.SUBTYPE, Kind.ITEM)
        )
        if not item_id:
            return None
        return await self._lists.item_fits(
            instance, board_id=board_id, type_id=type_id, subtype_id=subtype_id, item_id=item_id
        )


def _hangs_on_board(variable: Variable) -> bool:
    return variable.kind in OF_BOARD


def _fits(variable: Variable, entry: Entry, query: Query) -> bool:
    """Whether an entry is offered: what would be refused is not."""
    if entry.inactive or entry.is_project or (variable.closed == "never" and entry.closed):
        return False
    if variable.kind is Kind.SUBTYPE and query.type_id and entry.types and query.type_id not in entry.types:
        return False
    words = query.search.casefold().split()
    text = f"{entry.name} {entry.note}".casefold()
    return all(word in text for word in words)


def _ids_by_kind(values: Values) -> dict[Kind, frozenset[int]]:
    wanted: dict[Kind, frozenset[int]] = {}
    for variable in variables():
        ids = values.get(variable.name, Value()).ids
        if variable.is_listed and ids:
            wanted[variable.kind] = wanted.get(variable.kind, frozenset()) | frozenset(ids)
    return wanted


def _explained(error: ConnectWiseError, variable: Variable) -> CwBotError:
    if error.key in UNREADABLE_KEYS:
        return CwBotError("variable_unreadable", label=variable.label)
    return error
