"""How long a full verdict takes when every answer takes 100 ms, beside the same questions one after another.

Both ask the sandbox's ConnectWise site over TLS in this process, each time with connections of their own.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

from bot.connectwise import ConnectWiseSites
from bot.domain.instance import Credentials, Filter, Profile
from bot.domain.report import Outcome
from bot.sandbox.connectwise import ConnectWiseSite
from bot.services.verification import Target, Verifier
from tests.bench.rows import Row, compare, print_rows, sample

ANSWER_SECONDS = 0.1
TIMES = 20
WARM_UP = 2
Work = Callable[[ConnectWiseSite, ConnectWiseSites], Awaitable[None]]
NETWORKS = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def _target(cw: ConnectWiseSite) -> Target:
    keys = Credentials(public_key=SecretStr(cw.public_key), private_key=SecretStr(cw.private_key))
    return Target(cw.host, cw.company, cw.member, keys, cw.client_id, Filter(), Profile.FULL)


def _sites(cw: ConnectWiseSite) -> ConnectWiseSites:
    return ConnectWiseSites(allowed_networks=NETWORKS, ca_bundle=cw.ca_path)


async def _side_by_side(cw: ConnectWiseSite, sites: ConnectWiseSites) -> None:
    report = await Verifier(sites).verify(_target(cw))
    await sites.close()
    if report.outcome is not Outcome.VERIFIED:
        raise RuntimeError(report.culprit)


async def _one_after_another(cw: ConnectWiseSite, sites: ConnectWiseSites) -> None:
    target = _target(cw)
    site = sites.site(target.host)
    await site.company_info(target.company)
    if target.credentials is None:
        raise RuntimeError("the target has keys")
    login = site.login(target.company, target.credentials, client_id=target.client_id)
    await login.system_info()
    await login.my_security()
    await login.my_member()
    await login.api_member(target.member)
    await login.customize_items()
    await login.probe("/service/boards")
    await login.count_companies(target.filter)
    await login.sample_companies(target.filter)
    await sites.close()


async def _time(cw: ConnectWiseSite, work: Work, times: int) -> list[float]:
    """Seconds of each run. Trust is loaded before, as it is once a process; connections are new every time."""
    fresh = [_sites(cw) for _ in range(times + WARM_UP)]
    return await sample(lambda: work(cw, fresh.pop()), times, warm_up=WARM_UP)


async def run() -> list[Row]:
    """One row for each way a role's rights become known."""
    rows = []
    async with ConnectWiseSite() as cw:
        cw.set(latency=ANSWER_SECONDS)
        sequential = await _time(cw, _one_after_another, TIMES // 2)
        ways = (("answered", "full verdict", 2), ("refused", "full verdict by probes", 3))
        for my_security, what, levels in ways:
            cw.set(my_security=my_security)
            ours = await _time(cw, _side_by_side, TIMES)
            target = f"{levels} answers = {levels * ANSWER_SECONDS * 1000:.0f} ms, and the connections"
            rows.append(compare(f"{what}, 100 ms an answer", ours, sequential, target=target))
    return rows


if __name__ == "__main__":
    print_rows("Verdict", asyncio.run(run()))
