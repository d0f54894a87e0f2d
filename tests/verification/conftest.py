"""A ConnectWise site to misbehave, and a verifier that may reach it."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from bot.connectwise import ConnectWiseSites, Limits
from bot.domain.instance import Credentials, Filter, Profile
from bot.domain.report import Layer, Report
from bot.sandbox.connectwise import ConnectWiseSite
from bot.services.verification import Target, Verifier

NETWORKS = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
HASTY = Limits(connect_seconds=0.8, read_seconds=0.6, total_seconds=1.5)


def keys(public: str, private: str) -> Credentials:
    return Credentials(public_key=SecretStr(public), private_key=SecretStr(private))


@dataclass(slots=True)
class Bench:
    """One site, one verifier, and the details that are right until a test says otherwise."""

    cw: ConnectWiseSite
    sites: ConnectWiseSites
    verifier: Verifier

    def target(self, **changes: Any) -> Target:
        """The right details of the site, with changes."""
        right: dict[str, Any] = {
            "host": self.cw.host,
            "company": self.cw.company,
            "member": self.cw.member,
            "credentials": keys(self.cw.public_key, self.cw.private_key),
            "client_id": self.cw.client_id,
            "filter": Filter(),
            "profile": Profile.FULL,
        }
        return Target(**{**right, **changes})

    async def hasten(self) -> None:
        """Give up on slow answers soon, for tests that wait for just that."""
        await self.sites.close()
        self.sites = _sites(self.cw, HASTY)
        self.verifier = Verifier(self.sites)

    async def verify(
        self,
        *,
        deadline_seconds: float = 10.0,
        on_layer: Callable[[Layer], None] | None = None,
        **changes: Any,
    ) -> Report:
        """The verdict on these details."""
        return await self.verifier.verify(
            self.target(**changes), deadline_seconds=deadline_seconds, on_layer=on_layer
        )


async def doze(_: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with ConnectWiseSite() as cw:
        sites = _sites(cw, Limits())
        made = Bench(cw, sites, Verifier(sites))
        yield made
        await made.sites.close()


def _sites(cw: ConnectWiseSite, limits: Limits) -> ConnectWiseSites:
    sites = ConnectWiseSites(allowed_networks=NETWORKS, ca_bundle=cw.ca_path, limits=limits, sleep=doze)
    sites.prepare()
    return sites
