"""The baseline of `/cw-status all` and of light checks: an aiohttp client that asks the same, and makes nothing of it.

Arguments: the stand-in's port, the authority to trust, how many instances and sites, and `light` for light checks. Prints
the seconds it took and the seconds of processor.
"""

import asyncio
import socket
import ssl
import sys
import time
from typing import Any

import aiohttp
import uvloop
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.bench.fleet import host_of
from tests.bench.psa import API_ROOT, ASKED

_AT_ONCE = 48
_PER_SITE = 10


class _Here(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


async def ask(port: int, authority: str, instances: int, sites: int, *, is_light: bool) -> None:
    """Everything (or what a light check asks), with as much at once as the bot has."""
    turns = asyncio.Semaphore(_AT_ONCE)
    connector = aiohttp.TCPConnector(
        resolver=_Here(), ssl=ssl.create_default_context(cafile=authority), limit=0, limit_per_host=_PER_SITE
    )

    async def get(session: aiohttp.ClientSession, url: str, *, is_last: bool = False) -> Any:
        async with session.get(url, headers={"Connection": "close"} if is_last else None) as answer:
            return await answer.json()

    async with aiohttp.ClientSession(connector=connector) as session:

        async def check(number: int) -> None:
            base = f"https://{host_of(number % sites)}:{port}"
            async with turns:
                await get(session, f"{base}/login/companyinfo/brightwater")
                paths = ASKED[:1] if is_light else ASKED
                await asyncio.gather(
                    *(get(session, f"{base}{API_ROOT}{path}", is_last=is_light) for path in paths)
                )

        await asyncio.gather(*(check(number) for number in range(instances)))


def main() -> None:
    """Run and tell."""
    port, authority, instances, sites = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    started, processor = time.perf_counter(), time.process_time()
    uvloop.run(ask(port, authority, instances, sites, is_light="light" in sys.argv[5:]))
    sys.stdout.write(f"{time.perf_counter() - started} {time.process_time() - processor}\n")


if __name__ == "__main__":
    main()
