"""How many answers a verdict waits for one after another, and which paths it asks."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import ApiMember, CompanyInfo, MyMember, NameRef, SecurityRow, SystemInfo
from bot.domain.instance import Filter
from bot.domain.report import Outcome
from bot.services.verification import Target, Verifier
from tests.verification.conftest import Bench, keys

ROWS = (
    SecurityRow("System", "Member Maintenance", None, None, None, "All"),
    SecurityRow("Companies", "Company Maintenance", None, None, None, "All"),
)


class Turns:
    """A site that answers everybody who waits at once, and counts how often it had to."""

    def __init__(self, *, security: tuple[SecurityRow, ...] | None = ROWS) -> None:
        self.levels: list[int] = []
        self.asked: list[Filter] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._security = security

    async def answer_everybody(self) -> None:
        while True:
            for _ in range(20):  # let everybody ask who is going to
                await asyncio.sleep(0)
            waiting, self._waiting = self._waiting, []
            if waiting:
                self.levels.append(len(waiting))
            for it in waiting:
                it.set_result(None)

    async def turn(self, value: Any = None) -> Any:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn
        return value

    def site(self, host: str) -> Any:  # noqa: ARG002 - the port names it
        return self

    async def close(self) -> None:
        return None

    async def company_info(self, company: str, **_: object) -> CompanyInfo:
        found: CompanyInfo = await self.turn(CompanyInfo(name=company, codebase="v1/"))
        return found

    def login(self, *_: object, **__: object) -> "Turns":
        return self

    async def my_security(self) -> tuple[SecurityRow, ...]:
        await self.turn()
        if self._security is None:
            raise ConnectWiseError("right_missing", status=403)
        return self._security

    async def system_info(self) -> Any:
        return await self.turn(SystemInfo(version="v1"))

    async def my_member(self) -> Any:
        return await self.turn(MyMember(identifier="Rewst"))

    async def api_member(self, identifier: str) -> Any:
        return await self.turn(ApiMember(identifier=identifier))

    async def customize_items(self) -> Any:
        return await self.turn(())

    async def count_companies(self, which: Filter) -> Any:
        self.asked.append(which)
        return await self.turn(3)

    async def sample_companies(self, which: Filter, **_: object) -> Any:
        self.asked.append(which)
        return await self.turn((NameRef(1, "Acme"),))

    async def probe(self, _: str) -> None:
        await self.turn()

    async def choices(self, _: str, **__: object) -> Any:
        return await self.turn(())


async def levels(site: Turns, *, member: str = "Rewst") -> list[int]:
    answering = asyncio.create_task(site.answer_everybody())
    target = Target("a.test", "acme", member, keys("p" * 16, "q" * 16))
    report = await Verifier(site).verify(target)
    answering.cancel()
    assert report.outcome is Outcome.VERIFIED, report.culprit
    return site.levels


async def test_a_verdict_waits_for_two_answers_one_after_the_other() -> None:
    assert await levels(Turns()) == [1, 8]


async def test_without_a_member_id_it_is_three() -> None:
    assert await levels(Turns(), member="") == [1, 7, 1]


async def test_with_probes_it_is_three() -> None:
    waits = await levels(Turns(security=None))
    assert len(waits) == 3
    assert waits[2] == 10


def openapi() -> dict[str, Any]:
    fallback = Path(__file__).parents[3] / "shared" / "data" / "connectwise-openapi-subset.json"
    path = Path(os.environ.get("CW_OPENAPI") or fallback)
    if not path.is_file():
        pytest.skip("ConnectWise's OpenAPI subset is not here; CW_OPENAPI may name it")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("my_security", ["answered", "refused"])
async def test_every_path_and_parameter_is_one_that_the_vendor_documents(
    bench: Bench, my_security: str
) -> None:
    paths = openapi()["paths"]
    bench.cw.set(my_security=my_security)
    assert (await bench.verify()).outcome is Outcome.VERIFIED
    root = "/v4_6_release/apis/3.0"
    asked = [it for it in bench.cw.requests if it.path.startswith(root)]
    assert len(asked) >= 8
    for request in asked:
        assert request.method == "GET"
        operation = paths[request.path.removeprefix(root)]["get"]
        documented = {it["name"] for it in operation["parameters"] if it["in"] == "query"}
        assert set(request.query) <= documented
        required = {
            it["name"].casefold() for it in operation["parameters"] if it["in"] == "header" and it["required"]
        }
        assert required <= {name.casefold() for name in request.header_names}
