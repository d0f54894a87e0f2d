"""Hands keys in again and again, each time with another await of that path failing in the loudest words; then searches.

`python -m tests.security.canaries.run_awaits FOLDER PART OF` prints what came of it as JSON.
"""

# ruff: noqa: E402 - the gates have to be there before the product is imported
from tests.security.canaries import gates

gates.install()

import asyncio
import base64
import copy
import json
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import redis.exceptions

from bot.runtime.logging import install_crash_reports, report_loop
from bot.sandbox.slack.delivery import Ack
from bot.services import hand_in
from bot.services.credentials import CredentialsService
from bot.slack import gateway
from bot.store.lean import LeanRedis
from handlers.board import SlackBoard
from handlers.ids import Callback
from tests.journeys.steps import PATIENCE, reach_keys, submit, title
from tests.security.canaries import search
from tests.security.canaries.stage import CLIENT_ID, WRONG_KEY, Stage, raise_stage, typed_keys

_NATURAL = {
    "bot.store": redis.exceptions.ResponseError,
    "bot.connectwise": aiohttp.ServerDisconnectedError,
    "bot.slack": aiohttp.ClientConnectionError,
}


# What looks after instances by itself may have opened the connection that a submission was to open.
_TRIES = 3
_LONG = 30.0


class Awaits:
    """The one submission, sent as often as there are awaits in its path."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.payload: dict[str, Any] = {}
        self.leaks: list[str] = []
        self.failed: set[str] = set()
        self.missed: list[str] = []
        self.silent: list[str] = []
        self.statuses: Counter[str] = Counter()
        site = stage.sandbox.connectwise
        self._pairs = {"right": (site.public_key, site.private_key), "wrong": (site.public_key, WRONG_KEY)}

    async def prepare(self) -> None:
        """Up to an instance whose keys were handed in once; what Slack sent for that is sent again from then on."""
        sandbox = self.stage.sandbox
        ben = sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        send = sandbox.slack.delivery.interaction

        async def keep(payload: dict[str, Any]) -> Ack:
            self.payload = copy.deepcopy(payload)
            return await send(payload)

        sandbox.slack.delivery.interaction = keep  # type: ignore[method-assign]  # to see what is sent
        assert (await submit(ben, typed_keys(sandbox))).ok
        sandbox.slack.delivery.interaction = send  # type: ignore[method-assign]  # as it was
        await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
        assert self.payload["view"]["callback_id"] == Callback.CREDENTIALS
        await self._settle()

    async def walk(self, pair: str) -> list[str]:
        """The awaits that a submission passes when nothing fails."""
        gates.gates.arm()
        await self._send(pair)
        return list(gates.gates.passed)

    async def fail(self, pair: str, site: str) -> None:
        """Send it, and have that await fail: an adapter's once its work is done, every other one before."""
        public, private = self._pairs[pair]
        # As if it were the first time: what was masked for the submission before is known no more.
        self.stage.sandbox.redactor.__init__(self.stage.sandbox.settings().secrets())  # type: ignore[misc]
        natural = next((it for name, it in _NATURAL.items() if site.startswith(name)), None)
        gates.gates.fault = lambda at: (natural or RuntimeError)(self._shout(at, public, private))
        gates.gates.arm(site, after=natural is not None)
        written = len(self.stage.log.getvalue())
        ack = await self._send(pair)
        if ack.status == 200 and not ack.body:
            self.silent.append(site)
        self.statuses[str(ack.status)] += 1
        if site in gates.gates.passed:
            self.failed.add(site)
        log = {f"the log, as {site} fails": self.stage.log.getvalue()[written:].encode()}
        self.leaks += search.find(self._typed(pair), log)

    async def fail_warm(self, pair: str, site: str) -> None:
        """As `fail`, right after all went well: with a connection open for each question, their answers come together."""
        gates.gates.arm()
        await self._send("right")
        await self.fail(pair, site)

    async def fail_afresh(self, pair: str, site: str) -> None:
        """As `fail`, where nothing is remembered: no connection, no person, no script; and with a thread to change."""
        sandbox = self.stage.sandbox
        await sandbox.restart_bot()
        sandbox.connectwise.set(keys="revoked")
        await self._send(pair)
        sandbox.connectwise.reset()
        bot = await sandbox.restart_bot()
        assert isinstance(bot._redis, LeanRedis)
        await bot._redis.script_flush()
        while bot._redis._ready:
            await bot._redis.connection_pool.release(bot._redis._ready.pop())
        await self.fail(pair, site)

    async def _send(self, pair: str) -> Ack:
        payload, (public, private) = copy.deepcopy(self.payload), self._pairs[pair]
        payload["trigger_id"] = secrets.token_hex(8)  # the same bytes twice would be a replay
        values = payload["view"]["state"]["values"]
        for block, value in (("public_key", public), ("private_key", private)):
            next(iter(values[block].values()))["value"] = value
        ack = await self.stage.sandbox.slack.deliver(payload)
        await self._settle()
        return ack

    async def _settle(self) -> None:
        bot = self.stage.sandbox.bot
        assert bot is not None
        async with asyncio.timeout(PATIENCE):
            while len(bot._tracker):  # noqa: ASYNC110 - what was set in motion comes to its end
                await asyncio.sleep(0.002)

    def _shout(self, site: str, public: str, private: str) -> str:
        """What the worst library would say."""
        login = f"{self.stage.sandbox.connectwise.company}+{public}:{private}"
        said = {"public_key": public, "private_key": private, "login": login}
        encoded = base64.b64encode(login.encode()).decode()
        return (
            f"fault at {site}: {login} {said!r} {json.dumps(said)} Authorization: Basic {encoded} {encoded} "
            f"https://x.test/?key={quote(private, safe='')} {private.encode().hex()} {[private.encode()]} "
            f"client {CLIENT_ID}"
        )

    def _typed(self, pair: str) -> dict[str, str | bytes]:
        """What was shouted, and what a search of everything in the end could not put down to one await."""
        public, private = self._pairs[pair]
        login = base64.b64encode(f"{self.stage.sandbox.connectwise.company}+{public}:{private}".encode())
        return {"public key": public, "private key": private, "login": login, "client ID": CLIENT_ID}


def _defaults(of: type) -> dict[str, Any]:
    defaults: dict[str, Any] = of.__init__.__kwdefaults__  # type: ignore[misc]  # of the class itself
    return defaults


@asynccontextmanager
async def _behind() -> AsyncIterator[None]:
    """Every verdict comes behind the ack."""
    defaults = _defaults(CredentialsService)
    before = defaults["ack_budget_seconds"], hand_in.SETTLE_SECONDS
    defaults["ack_budget_seconds"], hand_in.SETTLE_SECONDS = 0.0, 0.0
    yield
    defaults["ack_budget_seconds"], hand_in.SETTLE_SECONDS = before


async def _play(awaits: Awaits, part: int, parts: int, seen: set[str]) -> dict[str, int]:
    counts = {}
    for pair in ("right", "wrong"):
        fresh = [it for it in await awaits.walk(pair) if it not in seen]
        seen |= set(fresh)
        counts[pair] = len(fresh)
        for site in fresh[part::parts]:
            await awaits.fail(pair, site)
            for attempt in (awaits.fail_afresh, awaits.fail_warm) * _TRIES:
                if site not in awaits.failed:
                    await attempt(pair, site)
            if site not in awaits.failed:
                awaits.missed.append(site)
    return counts


async def _main(folder: Path, part: int, parts: int) -> Mapping[str, Any]:
    asyncio.get_running_loop().set_exception_handler(report_loop)
    install_crash_reports()
    seen: set[str] = set()
    _defaults(SlackBoard)["edit_interval_seconds"] = 0.0
    _defaults(CredentialsService)["ack_budget_seconds"] = _LONG  # however busy this machine is
    gateway._POSTS_PER_SECOND = 1000.0
    async with raise_stage(folder) as stage:
        awaits = Awaits(stage)
        await awaits.prepare()
        counts = {"in time": await _play(awaits, part, parts, seen)}
        async with _behind():
            await stage.sandbox.restart_bot()
            counts["behind"] = await _play(awaits, part, parts, seen)
        await stage.sandbox.restart_bot()
        ack = await awaits._send("right")
        log = stage.log.getvalue()
        hits = await stage.hits()
    return {
        "awaits": counts,
        "sites": sorted(seen),
        "not failed": awaits.missed,
        "failed": len(awaits.failed),
        "leaks": awaits.leaks,
        "hits": hits,
        "statuses": awaits.statuses,
        "silent": awaits.silent,
        "logged": sum(f"fault at {it}" in log for it in awaits.failed),
        "last": ack.body,
    }


if __name__ == "__main__":
    result = asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    print(json.dumps(result))
