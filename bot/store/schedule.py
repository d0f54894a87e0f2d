"""The schedule of durable work: due times, leases on Redis's clock, a fencing token on every claim.

`due` (sorted set: job → due time or end of lease) · `jobs` (hash: job → JSON) · `leases` (hash: job → token
of its worker) · `again` (hash: job → the due time it was given while being worked on) · `token` (counter).
Times are milliseconds. Every replica claims from the same schedule; a job is with one worker at a time, at
least once.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from pydantic import ValidationError

from bot.domain.jobs import Backlog, Claim, Job
from bot.domain.reference import current_reference
from bot.store import keys
from bot.store.connection import Client
from bot.store.retries import persist
from bot.store.scripts import Script, raw, text

_log = structlog.get_logger(__name__)

_DUE: Final = keys.schedule("due")
_JOBS: Final = keys.schedule("jobs")
_LEASES: Final = keys.schedule("leases")
_AGAIN: Final = keys.schedule("again")
_TOKEN: Final = keys.schedule("token")
# Longer than any deadline of ours, within which a call is repeated.
_MARK_MILLISECONDS: Final = 60_000


class RedisSchedule:
    """Durable jobs with leases. Every method may be repeated; a stale token changes nothing.

    Adding a job waits a moment for `replicas` of them to have it (0 does not wait).
    """

    def __init__(self, redis: Client, *, replicas: int = 0) -> None:
        self._redis = redis
        self._replicas = replicas
        self._add = Script("schedule_add")
        self._lease = Script("schedule_lease")
        self._claim = Script("schedule_claim")
        self._finish = Script("schedule_finish")
        self._extend = Script("schedule_extend")
        self._postpone = Script("schedule_postpone")
        self._cancel = Script("schedule_cancel")
        self._next = Script("schedule_next")
        self._backlog = Script("schedule_backlog")

    async def add(self, job: Job) -> None:
        """Add a job, or give the waiting job of this id this due time and content.

        A job that is being worked on stays with its worker and comes round again at this due time. However
        often one call has to be sent, it counts once: it does not bring back what was finished or cancelled
        meanwhile.
        """
        names = (_DUE, _JOBS, _LEASES, _AGAIN, keys.schedule(f"added:{secrets.token_hex(16)}"))
        await self._add.confirmed(
            self._redis,
            self._replicas,
            names,
            job.id,
            _to_ms(job.due_at),
            _write_job(job),
            _MARK_MILLISECONDS,
        )

    async def lease(self, job: Job, lease_seconds: float) -> Claim:
        """Add a job that is being worked on already: whoever adds it has it, until the lease runs out."""
        names = (_DUE, _JOBS, _LEASES, _TOKEN, keys.schedule(f"leased:{secrets.token_hex(16)}"))
        milliseconds = max(1, round(lease_seconds * 1000))
        token = await self._lease.confirmed(
            self._redis, self._replicas, names, job.id, _write_job(job), milliseconds
        )
        return Claim(job=job, token=token, lease_seconds=lease_seconds)

    async def claim(self, limit: int, lease_seconds: float) -> list[Claim]:
        """Lease at most `limit` jobs that are due, or whose worker let its lease run out."""
        milliseconds = max(1, round(lease_seconds * 1000))
        names = (_DUE, _JOBS, _LEASES, _AGAIN, _TOKEN, keys.schedule(f"claimed:{secrets.token_hex(16)}"))
        reply = await self._claim(self._redis, names, limit, milliseconds)
        return _read_claims(reply, lease_seconds)

    async def finish(self, claim: Claim) -> bool:
        """The job is done. False when the claim is stale: somebody else has the job, or it was cancelled."""
        names = (_DUE, _JOBS, _LEASES, _AGAIN)
        return bool(await self._finish(self._redis, names, claim.job.id, claim.token))

    async def extend(self, claim: Claim) -> bool:
        """Begin the claim's lease anew. False when the claim is stale: stop working."""
        milliseconds = round(claim.lease_seconds * 1000)
        return bool(await self._extend(self._redis, (_DUE, _LEASES), claim.job.id, claim.token, milliseconds))

    async def postpone(self, claim: Claim, delay_seconds: float) -> bool:
        """Give the job back, due in so many seconds, one attempt older. False for a stale claim.

        A due time that was added meanwhile goes before the delay.
        """
        names = (_DUE, _JOBS, _LEASES, _AGAIN)
        milliseconds = round(delay_seconds * 1000)
        return bool(await self._postpone(self._redis, names, claim.job.id, claim.token, milliseconds, 1))

    async def release(self, claim: Claim) -> bool:
        """Hand the job back as it was, due at once: its worker ends before the work does. False for a stale claim."""
        names = (_DUE, _JOBS, _LEASES, _AGAIN)
        return bool(await self._postpone(self._redis, names, claim.job.id, claim.token, 0, 0))

    async def cancel(self, job_id: str) -> None:
        """Forget a job, if there is one; a worker's claim on it becomes stale."""
        await self._cancel(self._redis, (_DUE, _JOBS, _LEASES, _AGAIN), job_id)

    async def next_due_seconds(self) -> float | None:
        """Seconds until there may be something to claim, at least 0; None when the schedule is empty."""
        milliseconds = await self._next(self._redis, (_DUE,))
        return None if milliseconds < 0 else milliseconds / 1000

    async def backlog(self) -> Backlog:
        """What is due and has no worker."""
        due, milliseconds = await self._backlog(self._redis, (_DUE,))
        return Backlog(due=int(due), oldest_seconds=int(milliseconds) / 1000)

    async def ids_of(self, team_id: str) -> list[str]:
        """Ids of a workspace's jobs, those of kinds that this version does not know among them."""
        jobs = await persist(lambda: self._redis.hgetall(_JOBS))
        return [text(job_id) for job_id, job in jobs.items() if json.loads(raw(job))["team_id"] == team_id]

    async def size(self) -> int:
        """How many jobs there are, waiting and being worked on."""
        return await persist(lambda: self._redis.zcard(_DUE))


def _read_claims(reply: Sequence[Any], lease_seconds: float) -> list[Claim]:
    claims = []
    for token, content in zip(reply[::2], reply[1::2], strict=True):
        try:
            claims.append(Claim(job=read_job(content), token=token, lease_seconds=lease_seconds))
        except (ValueError, KeyError):
            # A newer replica's kind of job: its lease runs out, and the newer replica gets it.
            _log.warning("job_not_understood", token=token)
    return claims


def _write_job(job: Job) -> str:
    more = {"due_ms": _to_ms(job.due_at), "reference": job.reference or current_reference()}
    return json.dumps(job.model_dump(mode="json", exclude={"due_at"}) | more)


def read_job(content: bytes | str) -> Job:
    """A job from the schedule's JSON. Raises `ValueError` or `KeyError` when it knows no such job."""
    fields = json.loads(raw(content))
    due_at = datetime.fromtimestamp(fields["due_ms"] / 1000, UTC)
    try:
        return Job.model_validate(fields | {"due_at": due_at})
    except ValidationError:
        raise ValueError("not a job of this version") from None


def _to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
