"""Everything that is looked at, joined."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from bot.connectwise import Resolver
from bot.runtime.doctor.findings import Check, Finding, Report, run_checks, skipped
from bot.runtime.doctor.machine import look_at_folder, look_at_python
from bot.runtime.doctor.settings import Survey, look_at_settings
from bot.runtime.doctor.site import site_check
from bot.runtime.doctor.slack import slack_checks
from bot.runtime.doctor.store import store_checks

# What a check cannot do without: where one of these is wrong, its finding is that, and not what follows from it.
_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "Slack bot token": frozenset({"SLACK_API_URL", "SLACK_BOT_TOKEN"}),
    "Slack socket": frozenset({"SLACK_API_URL", "SLACK_APP_TOKEN"}),
    "Slack app": frozenset({"SLACK_API_URL", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"}),
    "ConnectWise": frozenset({"CW_BOT_ALLOWED_NETWORKS", "CW_BOT_CA_BUNDLE", "CW_API_VERSION"}),
}


async def diagnose(
    survey: Survey, *, host: str = "", company: str = "", resolver: Resolver | None = None
) -> list[Finding]:
    """Look at all of it. `host` and `company` name a ConnectWise site to look at as well; `resolver` is for sandboxes."""
    checks = [
        Check("Python", look_at_python),
        Check("Settings", partial(look_at_settings, survey)),
    ]
    settings = survey.settings
    if settings is None:
        return [*await run_checks(checks), skipped("Everything else", "The settings cannot be read.")]
    checks += [Check("Data directory", partial(look_at_folder, settings)), *store_checks(settings)]
    checks += slack_checks(settings)
    if host:
        checks.append(site_check(settings, host, company, resolver))
    return await run_checks([_spare(check, survey) for check in checks])


def _spare(check: Check, survey: Survey) -> Check:
    """The check, or where it cannot be made, one that says so."""
    wrong = sorted(_NEEDS.get(check.name, frozenset()) & set(survey.wrong))
    if not wrong:
        return check

    async def say_why(report: Report) -> None:
        why = f"It needs {', '.join(wrong)}, which cannot be used."
        report(skipped(check.name, why, f"Correct {wrong[0]} first."))

    return Check(check.name, say_why)
