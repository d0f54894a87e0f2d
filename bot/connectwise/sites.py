"""All ConnectWise hosts that the bot speaks to: turns for each, a global cap, and an end."""

import asyncio
import ipaddress
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from yarl import URL

from bot.connectwise.client import DEFAULT_API_VERSION, ConnectWiseSite, Surroundings
from bot.connectwise.guard import Guard, IPNetwork, Resolver
from bot.connectwise.transport import MAX_BODY_BYTES, Limits, Wires
from bot.domain.calls import Begin, unwatched
from bot.domain.errors import ConnectWiseError

_MAX_SITES: Final = 256
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(
    rf"(?P<name>{_LABEL}(?:\.{_LABEL})*|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{{1,5}}))?"
)


class ConnectWiseSites:
    """Every site by host. Belongs to one event loop; `close` it there.

    Args:
        api_version: the model to pin in the Accept header, e.g. `2025.1`; empty means the newest.
        allowed_networks: may be dialled although not public, and on other ports than 443.
        ca_bundle: certificates to believe beside the usual ones (PEM); read when first needed, or by `prepare`.
        resolver: replaces the system's, for sandboxes and tests.
        limits: time and concurrency per site.
        max_in_flight: requests under way to all sites together.
        max_body_bytes: the largest answer to read, packed and unpacked.
        sleep: how to wait between tries.
        begin: is told of every try.
        hide: is told of each login and of its secrets, before anything is done with them.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of its own, by name
        self,
        *,
        api_version: str = DEFAULT_API_VERSION,
        allowed_networks: Sequence[IPNetwork] = (),
        ca_bundle: Path | None = None,
        resolver: Resolver | None = None,
        limits: Limits | None = None,
        max_in_flight: int = 256,
        max_body_bytes: int = MAX_BODY_BYTES,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        begin: Begin = unwatched,
        hide: Callable[..., None] = lambda *_: None,
    ) -> None:
        limits = limits or Limits()
        self._wires = Wires(
            Guard(allowed_networks),
            resolver=resolver,
            ca_bundle=ca_bundle,
            limits=limits,
            max_body_bytes=max_body_bytes,
        )
        self._surroundings = Surroundings(
            wires=self._wires,
            api_version=api_version,
            in_flight=limits.in_flight,
            everybody=asyncio.Semaphore(max_in_flight),
            sleep=sleep,
            begin=begin,
            hide=hide,
        )
        self._sites: OrderedDict[str, ConnectWiseSite] = OrderedDict()

    def prepare(self) -> None:
        """Read the certificates to believe, which takes a while: in a thread, before somebody has to wait for it."""
        self._wires.prepare()

    def site(self, host: str) -> ConnectWiseSite:
        """The site at `host[:port]`.

        Raises `ConnectWiseError` (`target_refused`) on anything but a plain host.
        """
        key = check_host(host).lower()
        site = self._sites.get(key)
        if site is None:
            self._make_room()
            site = self._sites[key] = ConnectWiseSite(key, self._surroundings)
        self._sites.move_to_end(key)
        return site

    async def close(self) -> None:
        """Close every connection; the sites are not to be used afterwards."""
        self._sites.clear()
        await self._wires.close()

    def _make_room(self) -> None:
        """Anybody who may set up can type hosts, so the ones nobody uses go, the longest unused first.

        What connections they have left close by themselves.
        """
        idle = (key for key, site in self._sites.items() if site.is_idle)
        for key in tuple(islice(idle, max(0, len(self._sites) - _MAX_SITES + 1))):
            del self._sites[key]


def check_host(host: str) -> str:
    """The host as it came, if it is nothing but `name`, `address` or `[address]`, with or without a port."""
    found = _HOST.fullmatch(host)
    if found is None or len(host) > 260 or not 0 < int(found["port"] or 443) < 65536:
        raise ConnectWiseError("target_refused")
    try:
        if found["v6"]:
            ipaddress.IPv6Address(found["v6"])
        URL(f"https://{host}")
    except ValueError:
        raise ConnectWiseError("target_refused") from None
    return host
