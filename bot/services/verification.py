"""The verdict: is this ConnectWise reachable, is the company there, do the keys work, is the role right?

    dns → tcp → tls → company → keys → member → rights → filter

The first four come from one request that carries no secret; only when they are fine are the keys shown to the
host, in eight requests side by side. Where the role's rights may not be read, read-only probes tell what they
can.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Final

from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Budget, Stage
from bot.domain.report import LAYERS, Layer, LayerName, Report, Rights, State, conclude
from bot.services.verification_evidence import Answer, Evidence, Target, ask
from bot.services.verification_facts import gather_facts
from bot.services.verification_filter import judge_filter, sent_filter
from bot.services.verification_layers import CONNECTION, Judge, judge, judge_company, judge_keys, judge_stage
from bot.services.verification_member import judge_member
from bot.services.verification_ports import Login, Site, Sites
from bot.services.verification_role import BOARDS, FURTHER_PROBES, audit, judge_rights

__all__ = ["Budget", "Login", "Site", "Sites", "Target", "Verifier", "read_clock"]

_log = logging.getLogger(__name__)
_JUDGES: Final[dict[LayerName, Judge]] = {
    "dns": judge_stage("dns"),
    "tcp": judge_stage("tcp"),
    "tls": judge_stage("tls"),
    "company": judge_company,
    "keys": judge_keys,
    "member": judge_member,
    "rights": judge_rights,
    "filter": judge_filter,
}
_CONNECTION_JUDGES: Final[dict[LayerName, Judge]] = {name: _JUDGES[name] for name in CONNECTION}
_KEYS: Final = LAYERS.index("keys")
_LIGHT_JUDGES: Final[dict[LayerName, Judge]] = {**_CONNECTION_JUDGES, "keys": _JUDGES["keys"]}


def read_clock() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


class Verifier:
    """Verifies connections. Always returns a report within the deadline, whatever the other side does.

    Args:
        sites: how ConnectWise is reached.
        clock: the time that reports carry (aware).
        default_client_id: the application's own client id, for targets without one.
        concluded: is told of each verdict; of a company that was merely looked up it is not.
    """

    def __init__(
        self,
        sites: Sites,
        *,
        clock: Callable[[], datetime] = read_clock,
        default_client_id: str = "",
        concluded: Callable[[Report], None] = lambda _: None,
    ) -> None:
        self._sites = sites
        self._clock = clock
        self._default_client_id = default_client_id
        self._concluded = concluded

    async def find_company(self, host: str, company: str, *, deadline_seconds: float = 2.0) -> Report:
        """The layers up to the company; no secret is sent."""
        run = self._run(Target(host, company), deadline_seconds, judges=_CONNECTION_JUDGES)
        return await run.report(self._clock)

    async def verify(
        self,
        target: Target,
        *,
        deadline_seconds: float = 20.0,
        budget: Budget = Budget.INTERACTIVE,
        on_layer: Callable[[Layer], None] | None = None,
        is_light: bool = False,
    ) -> Report:
        """All eight layers. `on_layer` hears of each, in order, as soon as it is told; the report has the last word.

        A light one ends with the keys: two requests tell whether the instance works, and nothing of its role.
        """
        judges = _LIGHT_JUDGES if is_light else _JUDGES
        run = self._run(target, deadline_seconds, judges=judges, budget=budget, on_layer=on_layer)
        report = await run.report(self._clock)
        self._concluded(report)
        return report

    def _run(
        self,
        target: Target,
        deadline_seconds: float,
        *,
        judges: dict[LayerName, Judge],
        budget: Budget = Budget.INTERACTIVE,
        on_layer: Callable[[Layer], None] | None = None,
    ) -> "_Run":
        client_id = target.client_id or self._default_client_id
        evidence = Evidence(target=target, client_id=client_id, deadline_seconds=deadline_seconds)
        return _Run(self._sites, evidence, judges=judges, budget=budget, on_layer=on_layer)


class _Run:
    """One verification under way."""

    def __init__(
        self,
        sites: Sites,
        evidence: Evidence,
        *,
        judges: dict[LayerName, Judge],
        budget: Budget,
        on_layer: Callable[[Layer], None] | None,
    ) -> None:
        self._sites = sites
        self._evidence = evidence
        self._judges = judges
        self._budget = budget
        self._on_layer = on_layer
        self._layers: tuple[Layer, ...] = ()

    async def report(self, clock: Callable[[], datetime]) -> Report:
        """Look, for as long as there is time, and conclude from what was heard."""
        evidence, started = self._evidence, time.perf_counter()
        error = ConnectWiseError("deadline", transient=True)
        try:
            async with asyncio.timeout(evidence.deadline_seconds):
                await self._look()
        except TimeoutError:
            _log.info("verification_deadline host=%s", evidence.target.host)
        except Exception:  # noqa: BLE001 - a bug of ours must not leave a person without an answer
            _log.exception("verification_failed host=%s", evidence.target.host)
            error = ConnectWiseError("internal", transient=True)
        evidence.close(error)
        self._publish()
        self._revise()
        reached = {layer.name: layer.state for layer in self._layers}
        has_rights = reached.get("rights") in {State.OK, State.WARN, State.FAIL}
        return Report(
            outcome=conclude(self._layers),
            site=evidence.target.host,
            company=evidence.target.company,
            checked_at=clock(),
            duration_ms=round((time.perf_counter() - started) * 1000),
            layers=self._layers,
            rights=audit(evidence) if has_rights else Rights(),
            facts=gather_facts(evidence),
        )

    async def _look(self) -> None:
        site = await self._find_company()
        credentials = self._evidence.target.credentials
        if site is None or credentials is None or "keys" not in self._judges:
            return
        evidence = self._evidence
        is_light = "member" not in self._judges
        login = site.login(
            evidence.target.company,
            credentials,
            client_id=evidence.client_id,
            budget=self._budget,
            # Its one question is the last: thousands of connections kept for nobody would be closed all at once later.
            hangs_up=is_light,
        )
        await self._until_settled([self._test(login)] if is_light else self._questions(login))

    async def _find_company(self) -> Site | None:
        evidence = self._evidence
        try:
            site = self._sites.site(evidence.target.host)
        except ConnectWiseError as error:
            evidence.hear(Stage("dns", 0, error))
            evidence.company = Answer(error=error)
            return None
        evidence.company = await ask(
            site.company_info, evidence.target.company, budget=self._budget, on_stage=self._hear
        )
        self._follow()
        return site if evidence.company.error is None else None

    async def _test(self, login: Login) -> None:
        self._evidence.info = await ask(login.system_info)

    def _questions(self, login: Login) -> list[Coroutine[Any, Any, None]]:
        evidence, target = self._evidence, self._evidence.target

        async def know(name: str, question: Callable[..., Awaitable[object]], *args: object) -> None:
            setattr(evidence, name, await ask(question, *args))

        async def know_member() -> None:
            me = evidence.me = await ask(login.my_member)
            if target.member:
                return
            if me.value is not None:
                await know("member", login.api_member, me.value.identifier)
            else:
                evidence.member = Answer(error=me.error)

        async def know_rights() -> None:
            security = await ask(login.my_security)
            needs_probes = not security.value and not (security.error and security.error.transient)
            evidence.security = security
            if needs_probes:
                found = await asyncio.gather(*(ask(login.probe, path) for path in FURTHER_PROBES))
                evidence.probes = dict(zip(FURTHER_PROBES, found, strict=True))

        questions = [
            know("info", login.system_info),
            know_member(),
            know_rights(),
            know("items", login.customize_items),
            know("boards", login.probe, BOARDS),
            know("count", login.count_companies, sent_filter(target)),
            know("sample", login.sample_companies, sent_filter(target)),
        ]
        if target.member:
            questions.append(know("member", login.api_member, target.member))
        return questions

    async def _until_settled(self, questions: list[Coroutine[Any, Any, None]]) -> None:
        """Ask side by side, until all is answered or the keys are refused."""
        tasks = {asyncio.create_task(question) for question in questions}
        try:
            while tasks and not self._has_failed("keys"):
                done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                self._follow()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hear(self, stage: Stage) -> None:
        self._evidence.hear(stage)
        self._follow()

    def _follow(self) -> None:
        """Judge what has come by now for whoever watches; without anybody, only as far as refused keys end the asking."""
        is_connecting, are_keys_told = self._evidence.company is None, len(self._layers) > _KEYS
        if self._on_layer is not None or not (is_connecting or are_keys_told):
            self._publish()

    def _publish(self) -> None:
        """Judge again; say what is new."""
        layers = judge(self._evidence, self._judges, self._layers)
        fresh = layers[len(self._layers) :]
        self._layers = (*self._layers, *fresh)
        if self._on_layer is None:
            return
        for layer in fresh:
            try:
                self._on_layer(layer)
            except Exception:  # noqa: BLE001 - whoever watches must not spoil what is watched
                _log.exception("verification_watcher_failed layer=%s", layer.name)

    def _revise(self) -> None:
        """The last word: a layer that looked fine may have been refused afterwards (a handshake, in TLS 1.3)."""
        company = self._evidence.company
        if company is None or company.error is None:
            return
        final = judge(self._evidence, self._judges)
        if [it.state for it in final] != [it.state for it in self._layers]:
            self._layers = final

    def _has_failed(self, name: LayerName) -> bool:
        return any(layer.name == name and layer.state is State.FAIL for layer in self._layers)
