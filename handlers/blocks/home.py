"""App Home."""

from bot.domain.errors import CwBotError
from bot.services.status import Overview
from handlers.blocks import kit, report, status
from handlers.blocks.kit import JSON
from handlers.ids import Action, Command

# Slack takes 100 blocks; an instance makes up to four of them.
_SHOWN = 20


def build_home(overview: Overview) -> JSON:
    """Every instance with its light and its buttons."""
    blocks: list[JSON] = [
        kit.header("ConnectWise"),
        kit.section(
            f"What is connected, and how it is. `{Command.SETUP}` in a channel connects another one."
        ),
    ]
    if not overview.instances:
        blocks += [
            kit.divider(),
            kit.section(f"Nothing yet. Go to your team's channel and type `{Command.SETUP}`."),
        ]
    for instance in overview.instances[:_SHOWN]:
        onboarding = overview.onboardings.get(instance.id)
        blocks += [kit.divider(), kit.section(status.short_line(instance, onboarding))]
        known = instance.report
        if known is not None and (fix := report.fix(known)):
            blocks.append(kit.section(fix))
        if onboarding is not None and onboarding.thread.permalink:
            link = onboarding.thread.permalink
            blocks.append(
                kit.actions(kit.button("Open the thread", Action.OPEN_THREAD, onboarding.id, url=link))
            )
    return {"type": "home", "blocks": blocks[:100]}


def build_home_refusal(error: CwBotError) -> JSON:
    """For people who may not see it."""
    return {"type": "home", "blocks": [kit.section(kit.escape(report.describe_error(error)))]}
