"""Made-up records."""

from datetime import UTC, datetime

from pydantic import SecretStr

from bot.domain.instance import Credentials, Instance, Submission, new_id
from bot.domain.jobs import Job, JobKind

TEAM = "T0TEAM"
PRIVATE_KEY = "canary-private-9d1f"
PUBLIC_KEY = "canary-public-77aa"
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

CREDENTIALS = Credentials(public_key=SecretStr(PUBLIC_KEY), private_key=SecretStr(PRIVATE_KEY))


def make_instance(name: str = "Acme", *, team_id: str = TEAM) -> Instance:
    return Instance(
        id=new_id(),
        team_id=team_id,
        name=name,
        host="api-na.myconnectwise.net",
        company="acme",
        credentials=CREDENTIALS,
        created_by="U1",
        created_at=LONG_AGO,
    )


def make_submission(*, team_id: str = TEAM, submission_id: str = "sub1") -> Submission:
    return Submission(
        id=submission_id,
        team_id=team_id,
        instance_id="inst1",
        by="U1",
        at=LONG_AGO,
        member="api",
        credentials=CREDENTIALS,
    )


def make_job(job_id: str = "job1", *, due_at: datetime = LONG_AGO, team_id: str = TEAM) -> Job:
    return Job(id=job_id, kind=JobKind.VERIFY_SUBMISSION, team_id=team_id, subject="inst1", due_at=due_at)
