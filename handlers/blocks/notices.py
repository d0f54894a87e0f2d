"""Modals and messages that only tell: checking, connected, saved for now, not allowed, usage."""

from collections.abc import Sequence

from bot.domain.errors import CwBotError
from bot.domain.onboarding import Onboarding, Step, StepName, StepState
from bot.domain.report import Outcome, Report
from handlers.blocks import kit, report
from handlers.blocks.card import Message
from handlers.blocks.guide import step_text
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Action, Callback, Command

SETUP_USAGE = (
    f"*`{Command.SETUP}`*  connects a ConnectWise company: host and company first, then a thread with every "
    "step, then the keys.\n"
    f"*`{Command.SETUP} help`*  shows this.\n\n"
    "Workspace admins can run it, and the people your operator has named. "
    f"See how things are with *`{Command.STATUS}`*."
)
STATUS_USAGE = (
    f"*`{Command.STATUS}`*  the instance you have, or the default one.\n"
    f"*`{Command.STATUS} NAME`*  one instance, checked live.\n"
    f"*`{Command.STATUS} all`*  all of them in short.\n"
    f"*`{Command.STATUS} audit`*  who did what. For those who may set up.\n"
    f"*`{Command.STATUS} digest`*  a word a day in this channel on how all are; *`digest off`* ends it. Likewise.\n"
    f"*`{Command.STATUS} help`*  shows this.\n\n"
    f"Nothing connected yet? Start with *`{Command.SETUP}`*."
)


def build_usage(usage: str, unknown: str = "") -> tuple[str, list[JSON]]:
    """The usage of a command, as text and blocks; says so first where a word was not understood."""
    blocks = (
        [kit.section(f"I don't know {kit.code(unknown, 60)} here. This is what I understand:")]
        if unknown
        else []
    )
    return "How to use this command", [*blocks, kit.section(usage)]


def build_checking_site(onboarding: Onboarding) -> JSON:
    """While a slow site is looked up."""
    return _notice(
        "Checking…",
        f":hourglass_flowing_sand: {kit.code(onboarding.host)} takes its time. I'm still asking it for company "
        f"{kit.code(onboarding.company)}.\n\nThis window goes on by itself, and what you typed is kept.",
        onboarding,
    )


def build_checking_credentials(onboarding: Onboarding) -> JSON:
    """While a slow verdict is awaited."""
    return _notice(
        "Checking…",
        ":hourglass_flowing_sand: ConnectWise takes its time. Your keys are sealed and the check goes on.\n\n"
        "You can close this window: the result will be in the thread.",
        onboarding,
    )


def build_thread_open(onboarding: Onboarding, notes: tuple[str, ...] = ()) -> JSON:
    """After modal 1, for a team without keys."""
    link = f"<{onboarding.thread.permalink}|the thread>" if onboarding.thread.permalink else "the thread"
    view = _notice(
        "Your thread is open",
        f":white_check_mark: {kit.code(onboarding.host)} knows company {kit.code(onboarding.company)}"
        + (f": *{kit.typed(onboarding.company_name)}*." if onboarding.company_name else ".")
        + f"\n\nThe next steps are in {link} in <#{onboarding.thread.channel_id}>: the security role first. "
        "When the keys exist, press *Enter API keys* there.",
        onboarding,
    )
    if notes:
        view["blocks"].append(kit.context(*notes))
    return view


def build_verdict(onboarding: Onboarding, verdict: Report) -> JSON:
    """After modal 2: what came of it."""
    titles = {
        Outcome.VERIFIED: "Connected",
        Outcome.NEEDS_YOU: "Almost there",
        Outcome.CANNOT_TELL: "Saved for now",
    }
    tails = {
        Outcome.VERIFIED: "The keys are sealed. What is left is in the thread.",
        Outcome.NEEDS_YOU: "The keys wait, sealed: nothing needs to be typed again. When it is mended, press *Check now* "
        "in the thread.",
        Outcome.CANNOT_TELL: "The keys are sealed, and I keep asking. The thread will say when I know.",
    }
    view = _notice(titles[verdict.outcome], "", onboarding)
    view["blocks"] = [*report.build_report(verdict), kit.section(tails[verdict.outcome])]
    return view


def build_refusal(error: CwBotError) -> tuple[str, list[JSON]]:
    """Why something cannot be done, for the person alone: text and blocks."""
    said = report.describe_error(error)
    return kit.escape(said), [kit.section(kit.escape(said))]


def build_refusal_modal(error: CwBotError) -> JSON:
    """The same in a modal."""
    return _notice("That did not work", kit.escape(report.describe_error(error)), None)


def _notice(title: str, text: str, onboarding: Onboarding | None) -> JSON:
    return kit.modal(
        callback_id=Callback.NOTICE,
        title=title,
        blocks=[kit.section(text)],
        private_metadata=Meta(onboarding_id=onboarding.id if onboarding else "").pack(),
    )


def build_moved(onboarding: Onboarding) -> Message:
    """What stays of a card that was posted anew."""
    name = kit.typed(onboarding.name, 120)
    there = f"<{onboarding.thread.permalink}|further down>" if onboarding.thread.permalink else "further down"
    text = f"The setup of {name} goes on {there}."
    return Message(
        text=f"The setup of {name} goes on further down", blocks=[kit.section(f":arrow_down: {text}")]
    )


def build_step_moved(step: Step) -> tuple[str, list[JSON]]:
    """Why a click did nothing: somebody else changed the step first. Who and when, for the person alone."""
    who = kit.user(step.by) if step.by else "I"
    when = f" at {kit.date(step.at, '{time}')}" if step.at else ""
    said = {
        StepState.OPEN: "The mark was taken back just before you.",
        StepState.IN_PROGRESS: f"{who} took this step just before you{when}. *Hand over to…* passes it on.",
        StepState.DONE: f"{who} marked this step done just before you{when}. Nothing was changed.",
        StepState.CHECKED: "I checked this step just before you: it is verified by the API.",
        StepState.CONTRADICTED: "I checked this step just before you: the API shows otherwise.",
    }[step.state]
    return "Somebody was a moment faster", [kit.section(f":information_source: {said}")]


def build_keys_moved(onboarding: Onboarding) -> str:
    """For a credentials modal that was open while somebody else handed keys in, as mrkdwn."""
    when = f" ({kit.date(onboarding.keys_at)})" if onboarding.keys_at else ""
    is_verified = onboarding.step(StepName.VERIFIED).is_complete
    how = "and they are verified" if is_verified else "and they wait for their verdict"
    return (
        f"While this window was open, {kit.user(onboarding.keys_by)} entered API keys{when}, {how}. "
        "Nothing of yours is lost: press *Verify* again to use yours instead, or close this window."
    )


def build_resume(unfinished: Sequence[Onboarding], *, channel_id: str, integration: str) -> JSON:
    """Instead of modal 1 while setups are unfinished: go on with one of them, or start another."""
    blocks = [kit.section("You don't have to begin again. These are not finished yet:")]
    for onboarding in unfinished[:_RESUMABLE]:
        blocks += _resumable(onboarding, integration)
    if len(unfinished) > _RESUMABLE:
        blocks.append(kit.context(f"… and {len(unfinished) - _RESUMABLE} more: `{Command.STATUS} all`"))
    blocks += [
        kit.divider(),
        kit.section(
            "*Another ConnectWise?*  A second company, a region, a sandbox.",
            accessory=kit.button("Start another", Action.START_SETUP),
        ),
    ]
    return kit.modal(
        callback_id=Callback.NOTICE,
        title="Go on, or start another",
        blocks=blocks,
        private_metadata=Meta(channel_id=channel_id).pack(),
    )


_RESUMABLE = 10


def _resumable(onboarding: Onboarding, integration: str) -> list[JSON]:
    name = kit.typed(onboarding.name, 120)
    done = f"{onboarding.completed} of {len(onboarding.steps)} steps"
    step = onboarding.next_step
    title = step_text(step.name, onboarding, integration=integration).title if step else ""
    where = f"in <#{onboarding.thread.channel_id}>"
    lost = (
        ""
        if onboarding.thread.permalink
        else f"\n:warning: I cannot write there. Invite me with `/invite`, and I post the thread again {where}."
    )
    buttons = [thread_button(onboarding)] if onboarding.thread.permalink else []
    if not onboarding.step(StepName.DETAILS).is_complete or onboarding.pending is not None:
        buttons.append(kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id, style="primary"))
    said = (
        f"*{name}*  ·  {done}  ·  next: {title}\nStarted by {kit.user(onboarding.started_by)} {where}{lost}"
    )
    return [kit.divider(), kit.section(said), *([kit.actions(*buttons)] if buttons else [])]


def thread_button(onboarding: Onboarding) -> JSON:
    """A link to the thread."""
    return kit.button("Open the thread", Action.OPEN_THREAD, onboarding.id, url=onboarding.thread.permalink)
