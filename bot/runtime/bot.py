"""The composition root: puts every adapter in its place, starts it all, and ends it in order."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import fields
from typing import Any, Self, TypeVar

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.connectwise import ConnectWiseSites, Resolver
from bot.connectwise.lists import ConnectWiseLists
from bot.domain.jobs import Job, JobKind
from bot.domain.onboarding import Onboarding
from bot.runtime.admission import Admission
from bot.runtime.bolt import build_app
from bot.runtime.concealment import Concealment, spell
from bot.runtime.course import BEHIND_SECONDS, Courses
from bot.runtime.health import Health
from bot.runtime.http import build_server, explain_deafness
from bot.runtime.installed import InstalledWorkspaces
from bot.runtime.managing import Parts, manage
from bot.runtime.metrics import Metrics
from bot.runtime.redaction import Redactor
from bot.runtime.replays import Replays
from bot.runtime.requirements import require_keys, require_slack
from bot.runtime.runner import QuietRunner
from bot.runtime.settings import Settings, SettingsError
from bot.runtime.socket import Socket
from bot.runtime.storage import Storage, open_storage
from bot.runtime.tasks import TaskTracker
from bot.runtime.tracing import Tracing, open_tracing
from bot.runtime.watching import watch
from bot.runtime.workspaces import introduce_settings, join_workspaces
from bot.services.access import Access
from bot.services.audit import AuditService
from bot.services.credentials import CredentialsService, retry_delay
from bot.services.onboarding import OnboardingService
from bot.services.rotation import RotationService
from bot.services.setup import SetupService
from bot.services.variables import VariablesService
from bot.services.verification import Verifier
from bot.services.worker import Handler, Worker
from bot.services.workspaces import LeavingService, resume_purges
from bot.slack.gateway import SlackGateway
from bot.slack.people import SlackDirectory
from bot.slack.signature import RequestVerifier
from bot.slack.wire import write_json
from bot.store.audit import RedisAudit
from bot.store.clock import RedisClock
from bot.store.connection import Client, ping
from bot.store.instances import RedisInstances
from bot.store.onboardings import RedisOnboardings
from bot.store.once import RedisOnce
from bot.store.purge import RedisPurge
from bot.store.retries import retrying
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions
from handlers.board import SlackBoard
from handlers.register import register
from handlers.services import Services

log = structlog.get_logger(__name__)

T = TypeVar("T")

DRAIN_SECONDS = 10.0
_SHOW_AGAIN_MAX_SECONDS = 3600.0
_AUDIT_ENTRIES = 10_000


class Bot:
    """The running bot. `async with Bot(settings) as bot:`; `bot.url` is where its HTTP server listens."""

    def __init__(
        self,
        settings: Settings,
        *,
        redactor: Redactor | None = None,
        resolver: Resolver | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        require_slack(settings)
        require_keys(settings)
        self._settings = settings
        self._resolver = resolver
        self._stack = AsyncExitStack()
        self._tracker = TaskTracker()
        self._conceal = Concealment(redactor or Redactor(settings.secrets()))
        self._redis: Client | None = None
        self.metrics = Metrics()
        self._health = Health(self.metrics)
        self._tracing = tracing or open_tracing()
        self._courses = Courses(self._tracing)
        self.metrics.tasks.set_function(lambda: len(self._tracker))
        self._has_started = False
        self.url = ""

    async def __aenter__(self) -> Self:
        """Start everything, in the order in which it depends on each other."""
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Take nothing more, finish what was accepted, close."""
        self.drain()
        await self._stack.aclose()

    def drain(self) -> None:
        """From now on not ready, so that no more is sent here; what comes all the same is answered."""
        self._health.drain()

    async def is_ready(self) -> bool:
        """Whether requests can be served: the store answers, the socket (if there is one) is connected."""
        return await self._health.is_ready()

    async def _start(self) -> None:
        settings = self._settings
        self._stack.push_async_callback(self._tracing.close)
        session = await self._stack.enter_async_context(aiohttp.ClientSession(json_serialize=write_json))
        client = AsyncWebClient(base_url=settings.slack_api_url, session=session)
        # Whose token it is takes Slack a while to say: the store starts meanwhile.
        introducing = asyncio.create_task(introduce_settings(settings, session))
        try:
            storage = await open_storage(
                settings, self._stack, begin=self._tracing.calls("redis", self.metrics.redis)
            )
            self._conceal.keep(*spell(storage.keyring))
            await resume_purges(RedisPurge(storage.redis), RedisSchedule(storage.redis).cancel)
            one = await introducing
        finally:
            introducing.cancel()
        self._redis = redis = storage.redis
        self._health.opened(lambda: ping(redis))
        self._clock = RedisClock(redis)
        await self._clock.sync()
        self._keep(self._clock.run(), name="clock")
        self._keep(self._health.watch(RedisSchedule(redis)), name="health")
        self._keep(self._health.measure_lag(), name="lag")
        slack_calls = self._tracing.calls("slack", self.metrics.slack)
        workspaces, pages = join_workspaces(settings, one, session, storage, self._spawn, begin=slack_calls)
        gateway = SlackGateway(session, workspaces, api_url=settings.slack_api_url, begin=slack_calls)
        admission = Admission(
            workspaces,
            requests_per_minute=settings.cw_bot_requests_per_minute,
            metrics=self.metrics,
            hide=self._conceal.hide,
        )
        app = build_app(workspaces, client, admission)
        services = self._compose(storage, gateway, InstalledWorkspaces(workspaces, gateway))
        self._tracing.follow(_use_cases(services))
        register(app, services)
        # Ends last to first: stop listening, then the worker, then what is under way, then what it needs.
        self._stack.push_async_callback(self._drain)
        self._keep(self._worker.run(), name="worker")
        verifier = (
            RequestVerifier(secret) if (secret := settings.slack_signing_secret.get_secret_value()) else None
        )
        server = build_server(
            app=app,
            verifier=verifier,
            admission=admission,
            replays=Replays(
                RedisOnce(redis), failed_open=self.metrics.failed_open.labels(guard="replay").inc
            ),
            metrics=self.metrics,
            is_ready=self.is_ready,
            courses=self._courses,
        )
        if pages is not None:
            server.router.add_routes(pages.routes(self._courses.around))
        await self._listen(server)
        if settings.uses_socket_mode:
            socket = Socket(app, settings, session=session, metrics=self.metrics, courses=self._courses)
            await socket.open(self._stack)
            self._health.connected(socket.is_connected)
        self._has_started = True
        log.info("bot_started", mode="socket" if settings.uses_socket_mode else "http")

    def _compose(self, storage: Storage, gateway: SlackGateway, installed: InstalledWorkspaces) -> Services:
        redis, sealer, replicas = storage.redis, storage.sealer, storage.replicas
        settings = self._settings
        spawn, clock = self._spawn, self._clock
        client_id = settings.cw_client_id.get_secret_value()
        integration = settings.cw_bot_integration_name
        sites = ConnectWiseSites(
            api_version=settings.cw_api_version,
            allowed_networks=settings.cw_bot_allowed_networks,
            ca_bundle=settings.cw_bot_ca_bundle,
            resolver=self._resolver,
            begin=self._tracing.calls("connectwise", self.metrics.connectwise),
            hide=self._conceal.hide_with,
        )
        self._stack.push_async_callback(sites.close)
        spawn(asyncio.to_thread(sites.prepare), name="trust")
        verifier = Verifier(
            sites,
            clock=clock,
            default_client_id=client_id,
            concluded=self.metrics.verdict,
        )
        schedule = RedisSchedule(redis, replicas=replicas)
        kept = RedisInstances(redis, sealer, replicas=replicas)
        board = SlackBoard(
            gateway, spawn=spawn, integration=integration, has_client_id=bool(client_id), clock=clock
        )
        onboardings = RedisOnboardings(redis, Onboarding, replicas=replicas)
        onboarding = OnboardingService(onboardings, schedule, board, clock=clock, spawn=spawn)
        board.attach(onboarding)
        watching = watch(
            settings,
            redis=redis,
            instances=kept,
            verifier=verifier,
            onboarding=onboarding,
            gateway=gateway,
            clock=clock,
            look_further=lambda instance, report: variables.with_drift(instance, report),  # noqa: PLW0108 - made below
            noticed=self.metrics.watch_change,
        )
        instances = watching.instances
        setup = SetupService(
            verifier=verifier,
            instances=instances,
            onboarding=onboarding,
            schedule=schedule,
            board=board,
            clock=clock,
            spawn=spawn,
        )
        submissions = RedisSubmissions(redis, sealer, replicas=replicas)
        credentials = CredentialsService(
            verifier=verifier,
            instances=instances,
            submissions=submissions,
            onboarding=onboarding,
            schedule=schedule,
            board=board,
            clock=clock,
            spawn=spawn,
        )
        variables = VariablesService(
            lists=ConnectWiseLists(sites, default_client_id=client_id),
            instances=instances,
            onboarding=onboarding,
            clock=clock,
            spawn=spawn,
        )
        managing = manage(
            Parts(
                settings=settings,
                verifier=verifier,
                sites=sites,
                instances=instances,
                submissions=submissions,
                onboardings=onboardings,
                schedule=schedule,
                gateway=gateway,
                onboarding=onboarding,
                credentials=credentials,
                variables=variables,
                clock=clock,
                spawn=spawn,
            )
        )
        leaving = LeavingService(
            purge=RedisPurge(redis), installed=installed, schedule=schedule, clock=clock, spawn=spawn
        )
        self._worker = Worker(
            schedule,
            {
                **_job_handlers(setup, credentials, managing.rotation, onboarding, board, leaving),
                **watching.handlers,
            },
            spawn=spawn,
            around=self._courses.job,
            begin=self.metrics.job,
        )
        return Services(
            access=Access(
                SlackDirectory(gateway),
                setup_users=frozenset(settings.cw_bot_setup_users),
                setup_groups=frozenset(settings.cw_bot_setup_usergroups),
            ),
            setup=setup,
            credentials=credentials,
            onboarding=onboarding,
            status=managing.status,
            instances=managing.instances,
            filter_preview=managing.preview,
            rotation=managing.rotation,
            removal=managing.removal,
            variables=variables,
            audit=AuditService(RedisAudit(redis, capacity=_AUDIT_ENTRIES)),
            digest=watching.digest,
            leaving=leaving,
            gateway=gateway,
            spawn=spawn,
            conceal=self._conceal,
            integration=integration,
            has_client_id=bool(client_id),
        )

    def _keep(self, loop: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run what runs for as long as the bot does."""
        self._stack.push_async_callback(_cancel, asyncio.create_task(loop, name=name))

    def _spawn(self, work: Coroutine[Any, Any, T], /, *, name: str) -> "asyncio.Task[T]":
        """Behind the ack, Redis is given longer."""
        with retrying(BEHIND_SECONDS):
            return self._tracker.spawn(work, name=name)

    async def _listen(self, server: web.Application) -> None:
        runner = QuietRunner(server)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, self._settings.cw_bot_host, self._settings.cw_bot_port)
        try:
            await site.start()
        except OSError as error:
            raise SettingsError(explain_deafness(error)) from None
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def _drain(self) -> None:
        cancelled = await self._tracker.drain(DRAIN_SECONDS)
        if self._has_started:
            log.info("bot_stopped", cancelled=cancelled)


def _job_handlers(
    setup: SetupService,
    credentials: CredentialsService,
    rotation: RotationService,
    onboarding: OnboardingService,
    board: SlackBoard,
    leaving: LeavingService,
) -> dict[JobKind, Handler]:
    async def check_site(job: Job) -> float | None:
        await setup.finish_site(job.team_id, job.subject)
        return None

    async def verify_submission(job: Job) -> float | None:
        again = await credentials.finish(job.team_id, job.subject)
        return retry_delay(job.attempt) if again else None

    async def rotate_keys(job: Job) -> float | None:
        again = await rotation.finish(job.team_id, job.subject)
        return retry_delay(job.attempt) if again else None

    async def show_thread(job: Job) -> float | None:
        again = await board.show(job.team_id, job.subject)
        return None if again is None else min(_SHOW_AGAIN_MAX_SECONDS, again * 1.5 ** min(job.attempt, 20))

    async def remind(job: Job) -> float | None:
        return await onboarding.remind(job.team_id, job.subject)

    async def purge(job: Job) -> float | None:
        await leaving.finish(job.subject)
        return None

    return {
        JobKind.CHECK_SITE: check_site,
        JobKind.VERIFY_SUBMISSION: verify_submission,
        JobKind.ROTATE_KEYS: rotate_keys,
        JobKind.SHOW_THREAD: show_thread,
        JobKind.REMIND: remind,
        JobKind.PURGE: purge,
    }


def _use_cases(services: Services) -> Iterator[object]:
    """The services among what the listeners are given."""
    parts = (getattr(services, it.name) for it in fields(services))
    return (it for it in parts if type(it).__module__.startswith("bot.services."))


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
