"""response_urls: five uses in thirty minutes, in the name of whoever clicked or typed the command."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack.blocks import validate_message_blocks
from bot.sandbox.slack.calls import CallLog
from bot.sandbox.slack.errors import ApiError, invalid_blocks
from bot.sandbox.slack.model import Call, Installation, Json, Message, ResponseUrl
from bot.sandbox.slack.workspace import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, SlackWorkspace


class Responses:
    """Serves `/{kind}/{team}/{number}/{secret}`."""

    def __init__(self, workspace: SlackWorkspace, calls: CallLog) -> None:
        self._workspace = workspace
        self._calls = calls

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """One use of a response_url."""
        given = self._workspace.response_urls.get(http.path.removeprefix("/"))
        try:
            body = json.loads(await http.text())
        except ValueError:
            body = None
        try:
            self._use(given, body)
        except ApiError as error:
            self._note(given, body, error)
            gone = error.error in ("invalid_url", "used_url", "expired_url")
            return web.json_response(error.as_answer(), status=404 if gone else 400)
        self._note(given, body, None)
        return web.Response(text="ok")

    def _note(self, given: ResponseUrl | None, body: Any, error: ApiError | None) -> None:
        args = body if isinstance(body, dict) else {}
        status = 200 if error is None else 404
        self._calls.add(
            Call(
                "response_url",
                args,
                given.team_id if given is not None else None,
                status,
                error.error if error is not None else None,
                self._workspace.clock.now(),
            )
        )

    def _use(self, given: ResponseUrl | None, body: Any) -> None:
        if given is None:
            raise ApiError("invalid_url")
        if self._workspace.clock.now() - given.issued_at > RESPONSE_URL_SECONDS:
            raise ApiError("expired_url")
        if given.uses >= RESPONSE_URL_USES:
            raise ApiError("used_url")
        installation = self._workspace.installations[given.team_id]
        if installation.is_revoked:
            raise ApiError("invalid_url")
        if not isinstance(body, dict):
            raise ApiError("invalid_payload")
        given.uses += 1
        source = given.source
        if body.get("delete_original"):
            self._delete(source)
        elif body.get("replace_original") and source is not None:
            self._replace(source, body, installation)
        else:
            # A command's response_url has no original: Slack posts anew, whatever replace_original says.
            self._post(given, body, installation)

    def _delete(self, source: Message | None) -> None:
        if source is None or source not in self._workspace.channels[source.channel_id].messages:
            raise ApiError("message_not_found")
        self._workspace.delete(source)

    def _replace(self, source: Message, body: Json, installation: Installation) -> None:
        if source not in self._workspace.channels[source.channel_id].messages:
            raise ApiError("message_not_found")
        text, blocks = self._content(body)
        # Whoever saw it goes on seeing it: an ephemeral message cannot become public.
        self._workspace.edit(source, text=text, blocks=blocks, by=installation.bot_user_id)

    def _post(self, given: ResponseUrl, body: Json, installation: Installation) -> None:
        text, blocks = self._content(body)
        is_public = body.get("response_type") == "in_channel" or given.kind == "views"
        thread_ts = body.get("thread_ts") or None
        if not is_public and thread_ts is None:
            thread_ts = given.thread_ts
        self._workspace.post(
            Message(
                self._workspace.new_ts(),
                given.channel_id,
                installation.bot_user_id,
                text,
                blocks,
                thread_ts=thread_ts,
                is_by_app=True,
                ephemeral_to=None if is_public else given.user_id,
            )
        )

    def _content(self, body: Json) -> tuple[str, list[Json]]:
        text, blocks = str(body.get("text") or ""), body.get("blocks") or []
        if not text and not blocks:
            raise ApiError("no_text")
        problems = validate_message_blocks(blocks) if blocks else []
        if problems:
            raise invalid_blocks(problems)
        return text, self._workspace.with_ids(blocks)
