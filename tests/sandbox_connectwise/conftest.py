"""A running site and a client that speaks to it over TLS."""

import base64
import json
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox.connectwise import ConnectWiseSite

API = "/v4_6_release/apis/3.0"


def authorization(company: str, public: str, private: str) -> str:
    return "Basic " + base64.b64encode(f"{company}+{public}:{private}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks the site as an integration would; each call may override a header (None leaves it out)."""

    def __init__(self, site: ConnectWiseSite, session: aiohttp.ClientSession) -> None:
        self.site = site
        self.session = session

    async def ask(
        self, path: str, headers: Mapping[str, str | None] | None = None, method: str = "GET", **query: Any
    ) -> Reply:
        defaults: dict[str, str | None] = {
            "Authorization": authorization(self.site.company, self.site.public_key, self.site.private_key),
            "clientId": self.site.client_id,
        }
        sent = {name: value for name, value in (defaults | dict(headers or {})).items() if value is not None}
        params = {name: str(value) for name, value in query.items()}
        async with self.session.request(
            method, self.site.url + path, headers=sent, params=params, allow_redirects=False
        ) as response:
            return Reply(response.status, await response.read(), dict(response.headers))

    async def api(self, path: str, headers: Mapping[str, str | None] | None = None, **query: Any) -> Reply:
        return await self.ask(API + path, headers, **query)

    async def as_admin(self, path: str, **query: Any) -> Reply:
        site = self.site
        keys = authorization(site.company, site.admin_public_key, site.admin_private_key)
        return await self.api(path, {"Authorization": keys}, **query)

    async def names(self, conditions: str, **query: Any) -> list[str]:
        """The names of the companies that meet some conditions."""
        reply = await self.api("/company/companies", conditions=conditions, pageSize=1000, **query)
        assert reply.status == 200, reply.text
        return [row["name"] for row in reply.json]


@pytest.fixture
async def site() -> AsyncIterator[ConnectWiseSite]:
    async with ConnectWiseSite() as running:
        yield running


@pytest.fixture
async def client(site: ConnectWiseSite) -> AsyncIterator[Client]:
    trust = ssl.create_default_context(cadata=site.ca_pem)
    connector = aiohttp.TCPConnector(ssl=trust, family=socket.AF_INET)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(site, session)
