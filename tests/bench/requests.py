"""What Slack sends, signed: one kind of request again and again, each a little different, as Slack's are."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from tests.bench.programs import SECRET

COMMAND = {
    "command": "/cw-setup",
    "text": "",
    "team_id": "T1",
    "user_id": "U1",
    "channel_id": "C1",
    "channel_name": "psa",
    "trigger_id": "1.2.3",
    "response_url": "http://127.0.0.1/none",
    "api_app_id": "A1",
}


def click(action_id: str, value: str = "x") -> dict[str, str]:
    """A button in a message, as a form."""
    action = {
        "type": "button",
        "action_id": action_id,
        "block_id": "b",
        "value": value,
        "action_ts": "1.1",
    }
    payload = {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1"},
        "message": {"ts": "1.2", "thread_ts": "1.1"},
        "trigger_id": "1.2.3",
        "api_app_id": "A1",
        "response_url": "http://127.0.0.1/none",
        "actions": [action],
    }
    return {"payload": json.dumps(payload)}


BUTTON = click("open_thread")


def signed(body: str) -> dict[str, str]:
    """Slack's headers."""
    timestamp = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


class Sender:
    """Sends a request; `url` is the program's."""

    def __init__(self, session: aiohttp.ClientSession, url: str, form: dict[str, str]) -> None:
        self._session = session
        self._url = f"{url}/slack/events"
        self._form = form
        self._count = 0

    async def send(self) -> None:
        """One of them; raises when the answer is not 200."""
        self._count += 1
        body = urlencode({**self._form, "n": str(self._count)})
        async with self._session.post(self._url, data=body, headers=signed(body)) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"answered {answer.status}")
