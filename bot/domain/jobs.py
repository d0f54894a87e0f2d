"""Work that must survive the process: what it is, and a worker's claim on it."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class JobKind(StrEnum):
    """What is to be done; each kind has one handler in `bot.services.worker`."""

    CHECK_SITE = "check_site"  # subject: the onboarding whose host and company are being looked up
    VERIFY_SUBMISSION = "verify_submission"  # subject: the submission
    ROTATE_KEYS = "rotate_keys"  # subject: the submission with the new pair
    PURGE = "purge"  # subject: the workspace that removed the app, and when
    SHOW_THREAD = "show_thread"  # subject: the onboarding whose thread may be behind
    CHECK_INSTANCE = "check_instance"  # subject: the instance to look after
    DIGEST = "digest"  # subject: the workspace that wants to hear how all is, once a day
    REMIND = "remind"  # subject: the onboarding whose thread may have been quiet for days


class Job(BaseModel):
    """A piece of durable work. `id` is unique: adding it again moves its due time. `subject` holds ids, never secrets.

    `reference` is that of the request that it comes from; whoever keeps the job fills it in (`bot.domain.reference`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    kind: JobKind
    team_id: str
    subject: str
    due_at: datetime
    attempt: int = 0
    reference: str = ""


class Backlog(BaseModel):
    """Jobs that are due and wait for a worker, and for how long the first of them has."""

    model_config = ConfigDict(frozen=True)

    due: int
    oldest_seconds: float


class Claim(BaseModel):
    """A worker's lease on a job. `token` grows with every claim: an older token's writes are refused."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    job: Job
    token: int
    lease_seconds: float
