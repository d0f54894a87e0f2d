"""response_urls: five uses in thirty minutes, in the name of whoever clicked or typed the command."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack.bad_days import Answer, BadDays, Dropped, hang_up
from bot.sandbox.slack.blocks import validate_message_blocks
from bot.sandbox.slack.calls import CallLog
from bot.sandbox.slack.errors import ApiError, invalid_blocks
from bot.sandbox.slack.model import Call, Installation, Json, Message, ResponseUrl
from bot.sandbox.slack.workspace import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, SlackWorkspace

METHOD = "response_url"  # what moods and the log of calls know it by


class Responses:
    """Serves `/{kind}/{team}/{number}/{secret}`."""

    def __init__(self, workspace: SlackWorkspace, bad_days: BadDays, calls: CallLog) -> None:
        self._workspace = workspace
        self._bad_days = bad_days
        self._calls = calls

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """One use of a response_url."""
        given = self._workspace.response_urls.get(http.path.removeprefix("/"))
        try:
            body = json.loads(await http.text())
        except ValueError:
            body = None
        args = body if isinstance(body, dict) else {}
        try:
            answer = await self._bad_days.answer(METHOD, args, lambda: self._answer(given, body))
        except Dropped:
            self._note(given, args, Answer(0, "", error="connection_dropped"))
            return hang_up(http)
        self._note(given, args, answer)
        if isinstance(answer.body, str):
            return web.Response(status=answer.status, text=answer.body, headers=answer.headers)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    def _note(self, given: ResponseUrl | None, args: Json, answer: Answer) -> None:
        team_id = given.team_id if given is not None else None
        self._calls.add(Call(METHOD, args, team_id, answer.status, answer.error, self._workspace.clock.now()))

    def _answer(self, given: ResponseUrl | None, body: Any) -> Answer:
        try:
            self._use(given, body)
        except ApiError as error:
            gone = error.error in ("invalid_url", "used_url", "expired_url")
            return Answer(404 if gone else 400, error.as_answer(), error=error.error)
        return Answer(200, "ok")

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
