"""How long a full verdict takes when every answer takes 100 ms, beside the same questions one after another.

Both ask the sandbox's ConnectWise site over TLS in this process, each time with connections of their own.
"""

import contextlib
import ipaddress
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

from bot.connectwise import ConnectWiseSites
from bot.domain.errors import ConnectWiseError
from bot.domain.instance import Credentials, Filter, Profile
from bot.domain.report import Outcome
from bot.sandbox.connectwise import ConnectWiseSite
from bot.services.verification import Target, Verifier
from tests.bench.rows import Row, compare, interleave, milliseconds, verdict

ANSWER_SECONDS = 0.1
TIMES = 8
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
    for question in (login.my_security, login.customize_items):
        with contextlib.suppress(ConnectWiseError):  # refused in the second row
            await question()
    await login.my_member()
    await login.api_member(target.member)
    await login.probe("/service/boards")
    await login.count_companies(target.filter)
    await login.sample_companies(target.filter)
    await sites.close()


def _fresh(cw: ConnectWiseSite, work: Work) -> Callable[[], Awaitable[None]]:
    """The work with new connections every time. Trust is loaded before, as it is once a process."""
    fresh = [_sites(cw) for _ in range(TIMES + WARM_UP)]
    return lambda: work(cw, fresh.pop())


async def run() -> list[Row]:
    """One row for each way a role's rights become known."""
    rows = []
    async with ConnectWiseSite() as cw:
        cw.set(latency=ANSWER_SECONDS)
        for my_security, what in (("answered", "full verdict"), ("refused", "full verdict by probes")):
            cw.set(my_security=my_security)
            works = [_fresh(cw, it) for it in (_side_by_side, _one_after_another)]
            ours, sequential = await interleave(works, TIMES, warm_up=WARM_UP)
            row = compare(f"{what}, 100 ms an answer", ours, sequential, target="< 600 ms")
            rows.append(row | {"met": verdict(milliseconds(ours)[0] < 600)})
    return rows
