"""The course of a request or a job: everything in it has its reference in the log, and its place in the trace."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from aiohttp import web

from bot.domain.jobs import Job
from bot.domain.reference import referred
from bot.runtime.tracing import NO_TRACING, Tracing
from bot.store.retries import retrying

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What a failover of Redis may take for work that nobody waits for; before an ack it is a second (`bot.store.retries`).
BEHIND_SECONDS = 15.0


class Courses:
    """Begins them."""

    def __init__(self, tracing: Tracing = NO_TRACING) -> None:
        self._tracing = tracing

    def request(self) -> AbstractContextManager[object]:
        """Something that Slack or a browser asks for."""
        return referred() if self._tracing is NO_TRACING else self._traced_request()

    @contextmanager
    def _traced_request(self) -> Iterator[None]:
        with referred() as reference, self._tracing.span("request", reference=reference):
            yield

    @contextmanager
    def job(self, job: Job) -> Iterator[None]:
        """A durable job: it goes on under the reference of the request that it comes from."""
        with (
            referred(job.reference) as reference,
            self._tracing.span(f"job {job.kind}", reference=reference),
            retrying(BEHIND_SECONDS),
        ):
            yield

    def around(self, handle: Handler) -> Handler:
        """A handler of requests, with a course for each."""

        async def handled(request: web.Request) -> web.StreamResponse:
            with self.request():
                return await handle(request)

        return handled
