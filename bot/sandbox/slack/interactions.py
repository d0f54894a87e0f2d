"""What people do to the app: commands, clicks, submissions, closings, searches; and what its answers do to them."""

import asyncio
import re
from typing import Any

from bot.sandbox.slack.blocks import validate_message_blocks
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.forms import Values, find_element, merge, missing_fields
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.model import Channel, Command, Installation, Json, Message, User, View
from bot.sandbox.slack.objects import check_choices
from bot.sandbox.slack.outcomes import TROUBLE, CommandResult, Result, SubmitResult, SuggestResult
from bot.sandbox.slack.payloads import Container, Payloads
from bot.sandbox.slack.problems import Findings
from bot.sandbox.slack.render import render_text, show_object
from bot.sandbox.slack.text import escape
from bot.sandbox.slack.workspace import SlackWorkspace


class Interactions:
    """Carries what a person did to the app and applies its acknowledgement."""

    def __init__(
        self, workspace: SlackWorkspace, delivery: Delivery, modals: Modals, payloads: Payloads
    ) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._modals = modals
        self._payloads = payloads

    # --- commands ----------------------------------------------------------------------------------------------

    async def command(
        self, user: User, channel: Channel, line: str, *, thread_ts: str | None = None
    ) -> CommandResult:
        """A slash command typed into a channel."""
        name, _, text = line.strip().partition(" ")
        declared = next((c for c in self._workspace.app.commands if c.name == name), None)
        installation = self._workspace.installation_for(channel)
        if declared is None or installation is None or user.team_id != installation.team_id:
            return CommandResult(f"{name} is not a valid command.")
        if thread_ts is not None:
            return CommandResult(f"{name} is not supported in threads. Sorry!")
        if channel.is_archived:
            return CommandResult("You can't use commands in an archived channel.")
        sent = self._command_text(declared, text.strip())
        ack = await self._delivery.command(self._payloads.command(user, channel, installation, name, sent))
        if not ack.ok:
            return CommandResult(f'{name} failed with the error "{ack.error}"', ack.status)
        return self._answer(user, channel, installation, name, ack)

    def _command_text(self, command: Command, text: str) -> str:
        plain = escape(text)
        if not command.should_escape:
            return plain
        known = {user.name: f"<@{user.id}|{user.name}>" for user in self._workspace.users.values()}
        return re.sub(r"@([\w.-]+)", lambda found: known.get(found[1], found[0]), plain)

    def _answer(
        self, user: User, channel: Channel, installation: Installation, name: str, ack: Ack
    ) -> CommandResult:
        """The message that an acknowledgement may carry: ephemeral, or in_channel."""
        if not ack.body:
            return CommandResult(None, ack.status)
        body: Json = ack.body if isinstance(ack.body, dict) else {"text": str(ack.body)}
        blocks, text = body.get("blocks") or [], str(body.get("text") or "")
        problems = validate_message_blocks(blocks) if blocks else []
        if problems or not (blocks or text):
            words = "; ".join(str(p) for p in problems) or "no text and no blocks"
            self._workspace.problems.append(f"the answer to {name} was refused: {words}")
            return CommandResult(f'{name} failed with the error "invalid_command_response"', ack.status)
        message = Message(
            self._workspace.new_ts(),
            channel.id,
            installation.bot_user_id,
            text,
            self._workspace.with_ids(blocks),
            is_by_app=True,
            ephemeral_to=None if body.get("response_type") == "in_channel" else user.id,
        )
        self._workspace.post(message)
        shown = render_text(message, self._workspace.names)
        return CommandResult(None, ack.status, message.ts, shown)

    # --- actions -----------------------------------------------------------------------------------------------

    async def click(
        self,
        user: User,
        container: Container,
        block_id: str,
        action_id: str,
        *,
        value: Json | None = None,
        values: Values | None = None,
    ) -> Result:
        """A button pressed or a menu used. `value` is the choice in Slack's action shape."""
        element = find_element(container.blocks, block_id, action_id)
        installation = self._installation(container)
        if element is None or installation is None:
            return Result("This is no longer here.")
        self._remember(user, container, block_id, action_id, element, value, values or {})
        action = self._action(element, block_id, value or {})
        payload = self._payloads.actions(user, installation, container, action)
        ack = await self._delivery.interaction(payload)
        if ack.ok:
            return Result(None, ack.status)
        if container.view is not None:
            container.view.error = TROUBLE
            self._workspace.changes.note(user.id)
            return Result(TROUBLE, ack.status)
        return Result(f'This did not work: "{ack.error}"', ack.status)

    def _action(self, element: Json, block_id: str, value: Json) -> Json:
        action = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block_id,
            "action_ts": self._workspace.new_ts(),
            **value,
        }
        for name in ("text", "value", "style", "url", "placeholder"):
            if element.get(name) is not None and element["type"] in ("button", "static_select"):
                action.setdefault(name, element[name])
        return action

    def _remember(
        self,
        user: User,
        container: Container,
        block_id: str,
        action_id: str,
        element: Json,
        value: Json | None,
        values: Values,
    ) -> None:
        chosen = {block_id: {action_id: value}} if value else {}
        if container.view is not None:
            merge(container.view.values, values)
            merge(container.view.values, chosen)
        elif container.message is not None and element["type"] != "overflow":
            kept = self._payloads.message_values(user, container.message)
            merge(kept, values)
            merge(kept, chosen)

    # --- modals ------------------------------------------------------------------------------------------------

    async def submit(self, user: User, view: View, values: Values | None = None) -> SubmitResult:
        """The submit button of a modal: the client's own checks, then the app's answer within its time."""
        merge(view.values, values or {})
        view.errors = missing_fields(view.blocks, view.values)
        view.error = None
        if view.errors:
            self._workspace.changes.note(user.id)
            return self._submitted(view, None, None)
        installation = self._workspace.installations[view.team_id]
        ack = await self._delivery.interaction(self._payloads.submission(user, installation, view))
        try:
            action = self._apply(user, view, ack)
        except ApiError as error:
            words = "; ".join([error.error, *error.messages])
            self._workspace.problems.append(f"the answer to a submission failed: {words}")
            view.error = TROUBLE
            self._workspace.changes.note(user.id)
            return self._submitted(view, None, ack.status)
        return self._submitted(view, action, ack.status)

    def _submitted(self, view: View, action: str | None, status: int | None) -> SubmitResult:
        labels = {b["block_id"]: show_object(b.get("label")) for b in view.blocks if b.get("type") == "input"}
        by_label = {labels.get(block_id, block_id): words for block_id, words in view.errors.items()}
        return SubmitResult(
            view.error, status, response_action=action, errors=dict(view.errors), errors_by_label=by_label
        )

    def _apply(self, user: User, view: View, ack: Ack) -> str:
        """What a response_action does. Raises ApiError for what Slack does not take."""
        body = ack.body
        if not ack.ok:
            raise ApiError(str(ack.error))
        if not body:
            self._modals.close(view)
            return "close"
        action = body.get("response_action") if isinstance(body, dict) else None
        if action == "clear":
            self._modals.clear(user.id)
        elif action == "errors":
            self._show_errors(view, body.get("errors"))
        elif action == "update":
            self._modals.update(view, body.get("view"))
        elif action == "push":
            self._modals.push_for(user.id, body.get("view"))
        else:
            raise ApiError(
                "invalid_response_action", ["an acknowledgement must be empty or name a response_action"]
            )
        return str(action)

    def _show_errors(self, view: View, errors: Any) -> None:
        inputs = {block["block_id"] for block in view.blocks if block.get("type") == "input"}
        if not isinstance(errors, dict) or not errors:
            raise ApiError("invalid_errors", ["errors must be an object of block_ids and texts"])
        unknown = sorted(set(errors) - inputs)
        if unknown:
            raise ApiError("invalid_errors", [f"no input block has the block_id {', '.join(unknown)}"])
        if not all(isinstance(words, str) and words for words in errors.values()):
            raise ApiError("invalid_errors", ["every error must be a text"])
        view.errors = dict(errors)
        self._workspace.changes.note(view.user_id)

    async def close(self, user: User, view: View, *, clear: bool = False) -> Result:
        """Cancel or ✕: the view goes (`clear`: all of them); those that asked are told."""
        stack = list(self._modals.stack(user.id))
        clear = clear or bool(view.payload.get("clear_on_close"))
        gone = list(reversed(stack)) if clear else [view]
        if clear:
            self._modals.clear(user.id)
        else:
            self._modals.close(view)
        installation = self._workspace.installations[view.team_id]
        told = [v for v in gone if v.payload.get("notify_on_close")]
        acks = await asyncio.gather(
            *(
                self._delivery.interaction(self._payloads.closed(user, installation, v, is_cleared=clear))
                for v in told
            )
        )
        failed = next((ack for ack in acks if not ack.ok), None)
        if failed is not None:
            self._workspace.problems.append(f"view_closed was not acknowledged: {failed.error}")
        return Result(None, acks[0].status if acks else None)

    # --- options -----------------------------------------------------------------------------------------------

    async def suggest(
        self, user: User, container: Container, block_id: str, action_id: str, text: str
    ) -> SuggestResult:
        """Typing into an external select: the app's options."""
        element = find_element(container.blocks, block_id, action_id)
        installation = self._installation(container)
        if element is None or installation is None:
            return SuggestResult("This is no longer here.")
        if len(text) < element.get("min_query_length", 3):
            return SuggestResult()
        payload = self._payloads.suggestion(user, installation, container, (block_id, action_id, text))
        ack = await self._delivery.interaction(payload)
        findings = Findings()
        if (
            ack.ok
            and findings.is_object(ack.body, "")
            and (ack.body.get("options") or ack.body.get("option_groups"))
        ):
            check_choices(findings, ack.body, "")
        if not ack.ok or findings:
            words = ack.error or "; ".join(str(f) for f in findings)
            self._workspace.problems.append(f"options for {action_id} failed: {words}")
            return SuggestResult("Unable to load the results.", ack.status)
        return SuggestResult(
            None,
            ack.status,
            options=ack.body.get("options") or [],
            option_groups=ack.body.get("option_groups") or [],
        )

    def _installation(self, container: Container) -> Installation | None:
        if container.view is not None:
            return self._workspace.installations.get(container.view.team_id)
        if container.message is None:
            return None
        author = container.message.user_id
        found = (i for i in self._workspace.installations.values() if i.bot_user_id == author)
        return next((i for i in found if not i.is_revoked), None)
