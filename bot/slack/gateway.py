"""The one way out to Slack's Web API: tokens by workspace, paced posts, Retry-After, errors as one family.

Two manners of calling. *Prompt* calls stand before an ack or a person's eyes: one try, short timeout. *Patient* calls are
made behind: 429 is waited out as Slack says, and what came to nothing is tried again; a post is only where no connection
was made (one whose answer was lost may have been made). Whoever tries a post again later gives it the same name, so that
it is made once.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.domain.calls import Begin, unwatched
from bot.slack.errors import SlackError, error_from
from bot.slack.timed_client import TimedClient

log = structlog.get_logger(__name__)
_plain_log = logging.getLogger(__name__)

PROMPT_TIMEOUT_SECONDS = 2
PATIENT_TIMEOUT_SECONDS = 15
_PATIENT_TRIES = 5
_RETRY_AFTER_SECONDS = 1.0  # where the answer does not say
_RETRY_AFTER_MAX_SECONDS = 60.0

# Slack allows about one message a second and channel, with short bursts: a whole onboarding thread is such a burst.
_BURST = 12.0
_POSTS_PER_SECOND = 1.0

_RESPONSE_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})

# slack_sdk logs payloads and response_urls at DEBUG; what is worth knowing of a call is logged here.
_SILENT = logging.getLogger("cw_bot.slack_sdk")
_SILENT.setLevel(logging.CRITICAL)
_SILENT.disabled = True
_SILENT.propagate = False

T = TypeVar("T")

Blocks = Sequence[Mapping[str, Any]]
View = Mapping[str, Any]


class Tokens(Protocol):
    """Which bot token serves a workspace."""

    async def token(self, team_id: str) -> str:
        """The token. Raises `SlackError` where the workspace has not installed the bot."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message is: the channel and its ts, both strings."""

    channel_id: str
    ts: str


class SlackGateway:
    """Calls the Web API. `session` is shared by all workspaces and closed by whoever made it.

    `begin` is told of every try, by the method's name.
    """

    def __init__(
        self, session: aiohttp.ClientSession, tokens: Tokens, *, api_url: str, begin: Begin = unwatched
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._api_url = api_url
        self._begin = begin
        self._clients: dict[tuple[str, bool], TimedClient] = {}
        self._pace = _Pace()

    def client(self, token: str, *, patient: bool = False) -> TimedClient:
        """A client of slack_sdk over the shared session, without its own retries: it would post twice."""
        found = self._clients.get((token, patient))
        if found is None:
            found = TimedClient(
                token=token,
                base_url=self._api_url,
                session=self._session,
                timeout=PATIENT_TIMEOUT_SECONDS if patient else PROMPT_TIMEOUT_SECONDS,
                retry_handlers=[],
                logger=_SILENT,
            )
            self._clients[(token, patient)] = found
        return found

    def forget(self, token: str) -> None:
        """Drop the clients that hold this token: its workspace has left."""
        for patient in (False, True):
            self._clients.pop((token, patient), None)

    async def open_view(self, team_id: str, trigger_id: str, view: View) -> str:
        """Open a modal; the id of the view."""
        answer = await self._prompt(team_id, "views.open", trigger_id=trigger_id, view=view)
        return str(answer["view"]["id"])

    async def push_view(self, team_id: str, trigger_id: str, view: View) -> str:
        """Put a modal on top of the one that is open; the id of the view."""
        answer = await self._prompt(team_id, "views.push", trigger_id=trigger_id, view=view)
        return str(answer["view"]["id"])

    async def update_view(self, team_id: str, view_id: str, view: View) -> None:
        """Change an open modal. Raises `ViewGoneError` where the person closed it."""
        await self._patient(team_id, "views.update", view_id=view_id, view=view)

    async def publish_home(self, team_id: str, user_id: str, view: View) -> None:
        """Show a person's App Home."""
        await self._patient(team_id, "views.publish", user_id=user_id, view=view)

    async def post(
        self,
        team_id: str,
        channel_id: str,
        *,
        text: str,
        blocks: Blocks,
        thread_ts: str = "",
        prompt: bool = False,
        metadata: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> Posted:
        """Post a message, or a reply. Unfurling is off: nothing that was typed may fetch or expand anything.

        `metadata` (`event_type` and `event_payload`) says to other apps and to tools what the message is. `name` is a
        UUID: Slack makes no second message of a name, and answers with the first one's ts. Raises `NameSpentError` where
        the first one was deleted meanwhile.
        """
        arguments: dict[str, Any] = {
            "channel": channel_id,
            "text": text,
            "blocks": list(blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        if metadata is not None:
            arguments["metadata"] = metadata
        if name:
            arguments["client_msg_id"] = name
        await self._pace.wait(f"{team_id}/{channel_id}")
        call = self._prompt if prompt else self._patient
        answer = await call(team_id, "chat.postMessage", **arguments)
        return Posted(channel_id=str(answer["channel"]), ts=str(answer["ts"]))

    async def edit(self, team_id: str, channel_id: str, ts: str, *, text: str, blocks: Blocks) -> None:
        """Edit a message. Raises `MessageGoneError` where that cannot be done any more."""
        await self._patient(team_id, "chat.update", channel=channel_id, ts=ts, text=text, blocks=list(blocks))

    async def delete(self, team_id: str, channel_id: str, ts: str) -> None:
        """Take a message of ours away. Raises `MessageGoneError` where it is gone already."""
        await self._patient(team_id, "chat.delete", channel=channel_id, ts=ts)

    async def whisper(
        self,
        team_id: str,
        channel_id: str,
        user_id: str,
        *,
        text: str,
        blocks: Blocks = (),
        thread_ts: str = "",
    ) -> None:
        """Post what one person alone can see."""
        arguments: dict[str, Any] = {"channel": channel_id, "user": user_id, "text": text}
        if blocks:
            arguments["blocks"] = list(blocks)
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        await self._patient(team_id, "chat.postEphemeral", **arguments)

    async def permalink(self, team_id: str, channel_id: str, ts: str) -> str:
        """The link to a message."""
        answer = await self._patient(team_id, "chat.getPermalink", channel=channel_id, message_ts=ts)
        return str(answer["permalink"])

    async def user(self, team_id: str, user_id: str) -> Mapping[str, Any]:
        """`users.info`."""
        answer = await self._prompt(team_id, "users.info", user=user_id)
        found: Mapping[str, Any] = answer["user"]
        return found

    async def group_members(self, team_id: str, group_id: str) -> Sequence[str]:
        """`usergroups.users.list`."""
        answer = await self._prompt(team_id, "usergroups.users.list", usergroup=group_id)
        return [str(user) for user in answer["users"]]

    async def respond(
        self, response_url: str, *, text: str, blocks: Blocks = (), replace: bool = True
    ) -> None:
        """Answer through a response_url (5 uses, 30 minutes): works where the bot is not a member of the channel.

        Whatever a payload says, nothing is posted to anybody but Slack.
        """
        if not leads_to_slack(response_url, api_url=self._api_url):
            raise SlackError("response_url", "elsewhere")
        payload: dict[str, Any] = {"text": text, "replace_original": replace, "response_type": "ephemeral"}
        if blocks:
            payload["blocks"] = list(blocks)
        # Repeated even where the answer was lost: one person alone sees it, who had better read it twice than never.
        await self._persevere(
            "response_url", lambda: self._send_response(response_url, payload), may_repeat=True
        )

    async def _send_response(self, response_url: str, payload: Mapping[str, Any]) -> None:
        end, status = self._begin("response_url"), "given_up"
        try:
            timeout = aiohttp.ClientTimeout(total=PATIENT_TIMEOUT_SECONDS)
            async with self._session.post(
                response_url, json=payload, timeout=timeout, allow_redirects=False
            ) as answer:
                status = "ok" if answer.status == 200 else f"http_{answer.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            status = "unreachable"
            raise SlackError("response_url", status) from _nameless(error)
        finally:
            end(status)
        if answer.status == 429:
            raise _RateLimitedError("response_url", answer.headers)
        if answer.status >= 500:
            raise SlackError("response_url", "unreachable")
        if status != "ok":
            raise SlackError("response_url", status)

    async def _prompt(self, team_id: str, method: str, **arguments: Any) -> Mapping[str, Any]:
        token = await self._tokens.token(team_id)
        answer, _ = await self._call(self.client(token), method, arguments)
        return answer

    async def _patient(self, team_id: str, method: str, **arguments: Any) -> Mapping[str, Any]:
        client = self.client(await self._tokens.token(team_id), patient=True)
        may_repeat = method not in ("chat.postMessage", "chat.postEphemeral")
        answer, _ = await self._persevere(
            method, lambda: self._call(client, method, arguments), may_repeat=may_repeat
        )
        return answer

    async def _persevere(self, method: str, call: Callable[[], Awaitable[T]], *, may_repeat: bool) -> T:
        """Wait out what Slack says to wait, and try again where nothing was reached, unless that may do it twice."""
        for attempt in range(_PATIENT_TRIES):
            try:
                return await call()
            except _RateLimitedError as error:
                log.info("slack_rate_limited", method=method, retry_after=error.retry_after)
                await asyncio.sleep(error.retry_after)
            except SlackError as error:
                is_safe = may_repeat or not error.may_be_done
                if error.error != "unreachable" or not is_safe or attempt + 1 == _PATIENT_TRIES:
                    raise
                await asyncio.sleep(0.2 * 2**attempt)
        raise SlackError(method, "ratelimited")

    async def _call(
        self, client: TimedClient, method: str, arguments: dict[str, Any]
    ) -> tuple[Mapping[str, Any], int]:
        started = time.perf_counter()
        end, status = self._begin(method), "given_up"
        try:
            answer = await client.api_call(method, json=arguments)
        except SlackApiError as error:
            failure = _failure(method, error)
            status = failure.error
            raise failure from None
        except (aiohttp.ClientError, TimeoutError, SlackRequestError) as error:
            status = "unreachable"
            lost = SlackError(method, "unreachable")
            lost.may_be_done = not isinstance(error, aiohttp.ClientConnectorError)
            raise lost from _nameless(error)
        else:
            status = "ok"
        finally:
            end(status)
            if _plain_log.isEnabledFor(logging.DEBUG):  # nobody reads it as a rule, and each call passes here
                took = round((time.perf_counter() - started) * 1000)
                log.debug("slack_call", method=method, status=status, ms=took)
        data = answer.data
        return (data if isinstance(data, dict) else {}), answer.status_code


class _RateLimitedError(SlackError):
    def __init__(self, method: str, headers: Mapping[str, str]) -> None:
        super().__init__(method, "ratelimited")
        said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
        # Slack says seconds; a proxy in between may say a date, or nothing.
        seconds = float(said) if said.isdecimal() else _RETRY_AFTER_SECONDS
        self.retry_after = min(seconds, _RETRY_AFTER_MAX_SECONDS)


def _failure(method: str, error: SlackApiError) -> SlackError:
    response = error.response
    if getattr(response, "status_code", 0) == 429:
        return _RateLimitedError(method, response.headers)
    if getattr(response, "status_code", 200) >= 500:
        failed = SlackError(method, "unreachable")
        failed.may_be_done = True
        return failed
    return error_from(method, response)


def leads_to_slack(url: str, *, api_url: str) -> bool:
    """Whether a response_url is Slack's: its own hosts for them, or where the Web API is (a stand-in has both there)."""
    try:
        target, api = urlsplit(url), urlsplit(api_url)
    except ValueError:
        return False
    is_beside_api = (target.scheme, target.netloc) == (api.scheme, api.netloc)
    return is_beside_api or (target.scheme == "https" and target.netloc in _RESPONSE_HOSTS)


def _nameless(error: BaseException) -> BaseException:
    """The cause by its type alone: texts of network errors hold URLs, and a response_url is a credential."""
    return RuntimeError(type(error).__name__)


class _Pace:
    """A token bucket for each channel: bursts pass, floods wait."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = defaultdict(lambda: (_BURST, time.monotonic()))

    async def wait(self, channel: str) -> None:
        """Until one more post is polite."""
        tokens, at = self._buckets[channel]
        now = time.monotonic()
        tokens = min(_BURST, tokens + (now - at) * _POSTS_PER_SECOND) - 1
        self._buckets[channel] = (tokens, now)
        if tokens < 0:
            await asyncio.sleep(-tokens / _POSTS_PER_SECOND)
