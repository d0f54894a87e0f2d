"""The test of the tests: leaks that are planted on purpose are found, each of them, and in the place where it is."""

import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from prometheus_client import Counter

from bot.services.audit import AuditService, Deed
from bot.services.credentials import CredentialsService
from bot.slack.gateway import SlackGateway
from bot.store.audit import RedisAudit
from handlers.blocks import kit
from handlers.ids import Callback
from handlers.views import credentials as view
from tests.journeys.steps import reach_keys
from tests.security.canaries.search import encodings, find
from tests.security.canaries.stage import Stage, typed_keys
from tests.security.canaries.test_journeys import refuse

LOG, OWN, CALLS, ACKS = "the log", "our own records, not masked", "Slack calls", "acks"
STORE, FILES = "the store", "the store's files"


class Gardener:
    """Each method is something that a careless change could do with a key. What it says, the redactor does not know."""

    def __init__(self, stage: Stage, service: CredentialsService, monkeypatch: pytest.MonkeyPatch) -> None:
        assert stage.sandbox.bot is not None
        assert stage.sandbox.bot._redis is not None
        self.bot = stage.sandbox.bot
        self.redis = stage.sandbox.bot._redis
        self.team_id = stage.sandbox.slack.workspace.team.id
        self.channel_id = stage.sandbox.slack.workspace.channel("psa-setup").id
        self.service: Any = service
        self.monkeypatch = monkeypatch

    @property
    def gateway(self) -> SlackGateway:
        """The way to Slack."""
        gateway: SlackGateway = self.service._board._gateway
        return gateway

    async def log_line(self, key: str) -> None:
        structlog.get_logger("somebody").info("verified", detail=key[::-1])

    async def line_that_only_the_redactor_saves(self, key: str) -> None:
        structlog.get_logger("bot.services").info("verified", detail=key)

    async def foreign_logger(self, key: str) -> None:
        logging.getLogger("aiohttp.client").debug("sent %s", key[::-1])

    async def exception(self, key: str) -> None:
        raise RuntimeError(f"cannot use {key[::-1]}")

    async def stdout(self, key: str) -> None:
        print("key", key, flush=True)

    async def message(self, key: str) -> None:
        login = base64.b64encode(f"acme+public:{key}".encode()).decode()
        await self.gateway.post(self.team_id, self.channel_id, text=login, blocks=[])

    async def private_metadata(self, key: str) -> None:
        modal = kit.modal(
            callback_id=Callback.NOTICE,
            title="X",
            blocks=[kit.divider()],
            private_metadata=f'{{"key":"{key}"}}',
        )
        await self.gateway.publish_home(self.team_id, "U0", {**modal, "type": "home"})

    async def field_error(self, key: str) -> None:
        self.monkeypatch.setattr(view, "explain_refusal", lambda *_, **__: f"{key} is wrong")

    async def metric_label(self, key: str) -> None:
        Counter("planted", "x", ["reason"], registry=self.bot.metrics.registry).labels(key).inc()

    async def span(self, key: str) -> None:
        with self.bot._tracing.span(f"verify {key}"):
            pass

    async def url(self, key: str) -> None:
        site = self.service._verifier._sites.site("psa.brightwater.example")
        await site.get(f"/login/companyinfo/brightwater?key={quote(key, safe='')}")

    async def unsealed_string(self, key: str) -> None:
        await self.redis.set("cwbot:planted", f"{key} " * 200)

    async def unsealed_stream(self, key: str) -> None:
        await self.redis.xadd("cwbot:planted-stream", {"key": key.encode().hex()})

    async def unsealed_and_deleted(self, key: str) -> None:
        await self.redis.set("cwbot:gone", key)
        await self.redis.delete("cwbot:gone")

    async def audit(self, key: str) -> None:
        deed = Deed(
            by="U1", action="manage", what="planted", subject="".join(it for it in key if it.isalnum())
        )
        await AuditService(RedisAudit(self.redis)).record(self.team_id, deed)


PLANTS: dict[str, set[str]] = {
    "log_line": {LOG},
    "line_that_only_the_redactor_saves": {OWN},
    "foreign_logger": {LOG},
    "exception": {LOG},
    "stdout": {"stdout"},
    "message": {CALLS},
    "private_metadata": {CALLS},
    "field_error": {ACKS},
    "metric_label": {"metrics"},
    "span": {"traces"},
    "url": {"ConnectWise's URLs"},
    "unsealed_string": {STORE, FILES},
    "unsealed_stream": {STORE, FILES},
    "unsealed_and_deleted": {FILES},
    "audit": {STORE, FILES, OWN},
}


def test_every_leak_that_can_be_planted_is() -> None:
    methods = {name for name, it in vars(Gardener).items() if isinstance(it, Callable) and name[0] != "_"}  # type: ignore[arg-type]  # a protocol of one method
    assert set(PLANTS) == methods


async def test_leaks_that_are_planted_are_found_where_they_are(
    stage: Stage, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, ben = stage.sandbox, stage.sandbox.slack.person("ben")
    await reach_keys(sandbox, ben)
    keys = {
        name: f"Pl{number:02}ntedLeak" + ("" if name == "audit" else "+/&")
        for number, name in enumerate(PLANTS)
    }
    original: Callable[..., Awaitable[Any]] = CredentialsService._read
    for name, key in keys.items():

        async def leaky(service: CredentialsService, *typed: Any, name: str = name, key: str = key) -> Any:
            await getattr(Gardener(stage, service, monkeypatch), name)(key)
            return await original(service, *typed)

        monkeypatch.setattr(CredentialsService, "_read", leaky)
        await refuse(ben, typed_keys(sandbox, **{"Private key": key}))
        monkeypatch.undo()
    stage.extra["stdout"] = capfd.readouterr().out.encode()
    stage.more_secrets |= keys
    expected = {f"{name} in {place}" for name, places in PLANTS.items() for place in places}
    assert set(await stage.hits()) == expected


@pytest.mark.parametrize("secret", ["Canary7/Wrong+Key&9\"x'ü", bytes(range(200, 232))])
def test_every_encoding_is_found_wherever_it_stands(secret: str | bytes) -> None:
    raw = secret.encode() if isinstance(secret, str) else secret
    for form in encodings(secret):
        assert find({"it": secret}, {"here": b"..." + form + b"..."}) == ["it in here"]
    for before in range(6):
        for packed in (base64.b64encode, base64.urlsafe_b64encode):
            inside = packed(b"x" * before + raw + b"yz")
            assert find({"it": secret}, {"here": inside}) == ["it in here"], before
    assert find({"it": secret}, {"here": b"nothing of it"}) == []
