"""Around every listener: who may, and what a person is told when something goes wrong.

A listener acks by itself. Whatever it raises before that becomes an answer of its own kind: an ephemeral reply to a
command, a message beside the button, an error in the modal. Nobody is left with a spinner, or shown a traceback.
"""

from collections.abc import Awaitable, Callable

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError, NotAllowedError
from bot.services.access import Action
from bot.services.audit import DONE, SENT_BACK, Deed
from bot.slack.errors import SlackError
from handlers import ids
from handlers.blocks.notices import build_refusal, build_refusal_modal
from handlers.payload import Body, read_actor, read_channel, read_subject, read_thread, read_what
from handlers.services import Services

log = structlog.get_logger(__name__)

Listener = Callable[[AsyncAck, Body], Awaitable[None]]


# What the audit trail keeps: whatever takes rights or changes something, and whatever was not allowed. Looking on, by
# people who may, is nobody's business.
_AUDITED = frozenset({Action.SETUP, Action.GUIDE, Action.MANAGE, Action.REVEAL, Action.AUDIT})
_AUDITED_CLICKS = frozenset({ids.Action.STATUS_CHECK})
# What the keys of refusals of a person begin with (`bot.services.access`).
_NOT_ALLOWED = "not_allowed"


def _record(services: Services, body: Body, action: Action, outcome: str) -> None:
    """Behind the ack: the trail must never cost anybody time."""
    what = read_what(body)
    if action not in _AUDITED and what not in _AUDITED_CLICKS and not outcome.startswith(_NOT_ALLOWED):
        return
    actor = read_actor(body)
    deed = Deed(by=actor.user_id, action=action, what=what, subject=read_subject(body), outcome=outcome)
    services.audit.note(actor.team_id, deed, services.spawn)


def _as_known(error: Exception, body: Body) -> CwBotError:
    """The error to tell: ours as it is, a foreign one as an internal error; its reference is in the log too."""
    if isinstance(error, CwBotError):
        log.info("request_refused", key=error.key, user=read_actor(body).user_id)
        return error
    log.error("listener_failed", error=type(error).__name__, exc_info=error)
    return CwBotError()


def guard_command(services: Services, action: Action, listener: Listener) -> Listener:
    """For slash commands."""

    async def guarded(ack: AsyncAck, body: Body) -> None:
        try:
            await services.access.require(read_actor(body), action)
            await listener(ack, body)
            outcome = DONE
        except Exception as error:  # noqa: BLE001 - the last line before Slack's own "dispatch_failed"
            known = _as_known(error, body)
            outcome = known.key
            text, blocks = build_refusal(known)
            await ack(text=text, blocks=blocks, response_type="ephemeral")
        _record(services, body, action, outcome)

    return guarded


def guard_click(services: Services, action: Action, listener: Listener) -> Listener:
    """For buttons in messages, modals and App Home. Acked first: what is slow comes behind, what fails is whispered."""

    async def guarded(ack: AsyncAck, body: Body) -> None:
        try:
            await services.access.require(read_actor(body), action)
            await listener(ack, body)
            outcome = DONE
        except Exception as error:  # noqa: BLE001 - a click must never end in a silent failure
            known = _as_known(error, body)
            outcome = known.key
            services.spawn(tell(services, body, known), name="tell-refusal")
        await ack()
        _record(services, body, action, outcome)

    return guarded


def guard_options(services: Services, action: Action, listener: Listener) -> Listener:
    """For selects that ask what there is to choose: whoever may not know is offered nothing."""

    async def guarded(ack: AsyncAck, body: Body) -> None:
        try:
            await services.access.require(read_actor(body), action)
            await listener(ack, body)
        except Exception as error:  # noqa: BLE001 - a menu has no place for a sentence
            known = _as_known(error, body)
            await ack(options=[])
            if isinstance(known, NotAllowedError):
                _record(services, body, action, known.key)

    return guarded


def guard_submission(services: Services, action: Action, listener: Listener) -> Listener:
    """For modals. A refusal that no field is to blame for stands beside the first one: what was typed stays."""

    async def guarded(ack: AsyncAck, body: Body) -> None:
        try:
            await services.access.require(read_actor(body), action)
            await listener(ack, body)
            outcome = SENT_BACK if _has_errors(ack) else DONE
        except Exception as error:  # noqa: BLE001 - a submission must never end in "trouble connecting"
            known = _as_known(error, body)
            outcome = known.key
            first_input = next(
                (it["block_id"] for it in body["view"]["blocks"] if it["type"] == "input"), None
            )
            if first_input is None:
                await ack(response_action="update", view=build_refusal_modal(known))
            else:
                await ack(response_action="errors", errors={first_input: build_refusal(known)[0]})
        _record(services, body, action, outcome)

    return guarded


def _has_errors(ack: AsyncAck) -> bool:
    answer = ack.response
    return answer is not None and '"response_action": "errors"' in (answer.body or "")


async def tell(services: Services, body: Body, error: CwBotError) -> None:
    """Tell one person why a click did nothing: beside the message, else in a modal."""
    text, blocks = build_refusal(error)
    actor, channel_id = read_actor(body), read_channel(body)
    try:
        if url := body.get("response_url"):
            await services.gateway.respond(str(url), text=text, blocks=blocks, replace=False)
        elif channel_id:
            thread_ts = read_thread(body)
            await services.gateway.whisper(
                actor.team_id, channel_id, actor.user_id, text=text, blocks=blocks, thread_ts=thread_ts
            )
        else:
            await services.gateway.open_view(
                actor.team_id, str(body["trigger_id"]), build_refusal_modal(error)
            )
    except SlackError as failure:
        log.warning("refusal_untold", key=error.key, slack=failure.error, method=failure.method)
