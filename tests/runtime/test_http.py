"""The front door: only what is Slack's, fresh, whole, for us and new gets in; of the rest nothing is read or logged."""

import asyncio
import gzip
import hmac
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlencode

import aiohttp
import pytest
from pydantic import SecretStr

from bot.runtime import http
from bot.runtime.http import BODY_LIMIT_BYTES
from bot.runtime.logging import configure_logging
from bot.runtime.redaction import Redactor
from bot.slack.signature import RequestVerifier
from tests.runtime.door import COMMAND, SECRET, TEAM, Front, front

CANARY = "Canary1Body2Text3"


@pytest.fixture
async def door() -> AsyncIterator[Front]:
    async with front() as it:
        yield it


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = configure_logging(level="DEBUG", style="json", redactor=Redactor(), stream=stream)
    loud = [logging.getLogger(it) for it in ("slack_bolt", "slack_sdk", "aiohttp", "aiohttp.server")]
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    yield stream
    logging.getLogger().removeHandler(handler)
    for logger in loud:
        logger.setLevel(logging.NOTSET)


async def test_a_signed_command_and_a_signed_click_come_through(door: Front) -> None:
    assert (await door.command())[0] == 200
    assert (await door.click())[0] == 200
    assert [it.get("command") or it.get("type") for it in door.heard] == ["/cw-setup", "block_actions"]


async def test_a_wrong_secret_is_refused(door: Front) -> None:
    assert await door.send(urlencode(COMMAND), secret="other") == (401, "refused\n")
    assert (door.heard, door.refused("signature")) == ([], 1)


@pytest.mark.parametrize("age", [301, -330, 100_000])
async def test_a_timestamp_outside_of_five_minutes_is_refused(door: Front, age: int) -> None:
    assert (await door.send(urlencode(COMMAND), at=time.time() - age))[0] == 401


async def test_a_timestamp_within_five_minutes_is_taken(door: Front) -> None:
    for age in (240, -295):
        assert (await door.send(urlencode({**COMMAND, "n": str(age)}), at=time.time() - age))[0] == 200


JUNK = ["", " ", "abc", "-1", "1e9", "0x10", "١٢٣", "9" * 30, "1.5", "nan", "v0=", "v0=" + "g" * 64, "é" * 10]


@pytest.mark.parametrize("junk", JUNK, ids=ascii)
@pytest.mark.parametrize("name", ["X-Slack-Request-Timestamp", "X-Slack-Signature"])
async def test_junk_in_a_header_is_401_and_never_a_fault(door: Front, name: str, junk: str) -> None:
    assert (await door.send(urlencode(COMMAND), headers={name: junk}))[0] == 401
    assert door.heard == []


async def test_missing_headers_are_401(door: Front) -> None:
    async with door.session.post(f"{door.url}/slack/events", data=b"x") as answer:
        assert answer.status == 401


async def test_a_body_changed_by_a_byte_is_refused(door: Front) -> None:
    body = urlencode(COMMAND).encode()
    timestamp = str(int(time.time()))
    from bot.sandbox.slack.signing import sign

    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(SECRET, timestamp, body),
    }
    for changed in (body + b"&", body[:-1], body.replace(b"U1", b"U2"), b""):
        async with door.session.post(f"{door.url}/slack/events", data=changed, headers=headers) as answer:
            assert answer.status == 401


def test_the_comparison_of_signatures_is_the_constant_time_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    honest = hmac.compare_digest

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return honest(a, b)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    verifier = RequestVerifier("secret")
    assert not verifier.is_genuine(b"", timestamp="5", signature="v0=" + "0" * 64, now=5.0)
    assert len(compared) == 1


def test_an_empty_signing_secret_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="empty"):
        RequestVerifier("")


async def test_a_body_over_the_limit_is_refused_before_it_is_read(door: Front) -> None:
    assert (await door.send(b"x" * (BODY_LIMIT_BYTES + 1)))[0] == 413


async def test_a_body_over_the_limit_without_a_length_is_cut_off(door: Front) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=" + "0" * 64}
    try:
        async with door.session.post(f"{door.url}/slack/events", data=endless(), headers=headers) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # the door has closed while the body was still coming
    assert door.refused("too_large") == 1


async def test_a_body_that_never_ends_is_given_up(door: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    host, port = door.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0={'0' * 64}\r\n\r\nabc"
    )
    writer.write(head.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()
    await writer.wait_closed()


async def test_a_packed_body_is_not_unpacked_for_strangers(door: Front) -> None:
    packed = gzip.compress(b"x" * 10_000_000)
    assert (await door.send(packed, headers={"Content-Encoding": "gzip"}))[0] == 415


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b"null", "application/json"),
        (b"payload=%7B", "application/x-www-form-urlencoded"),
        (b"payload=[]", "application/x-www-form-urlencoded"),
        (b"payload=1", "application/x-www-form-urlencoded"),
        (b"{" + b'"a":{' * 90_000, "application/json"),
        (b'{"a":' + b"[" * 90_000, "application/json"),
        (b"&".join(b"a%d=1" % number for number in range(500)), "application/x-www-form-urlencoded"),
    ],
)
async def test_a_signed_body_that_is_nothing_of_slacks_is_400(door: Front, body: bytes, kind: str) -> None:
    assert (await door.send(body, headers={"Content-Type": kind}))[0] == 400


async def test_the_same_signature_again_is_refused(door: Front) -> None:
    assert [(await door.command())[0] for _ in range(2)] == [200, 401]
    assert (len(door.heard), door.refused("replay")) == (1, 1)


async def test_a_replay_at_another_replica_is_refused_too() -> None:
    async with front() as one, front() as two:
        two.memory.seen = one.memory.seen
        now = time.time()
        assert (await one.send(urlencode(COMMAND), at=now))[0] == 200
        assert (await two.send(urlencode(COMMAND), at=now))[0] == 401


async def test_without_redis_requests_go_on_and_are_counted_while_this_replica_still_remembers(
    door: Front,
) -> None:
    door.memory.is_away = True
    assert [(await door.command())[0] for _ in range(2)] == [200, 401]
    assert door.metrics.registry.get_sample_value(
        "cw_bot_guards_failed_open_total", {"guard": "replay"}
    ) == pytest.approx(1)


async def test_nothing_is_asked_of_redis_for_what_is_not_signed(door: Front) -> None:
    await door.send(urlencode(COMMAND), secret="other")
    assert door.memory.asked == 0
    await door.command()
    assert door.memory.asked == 1


async def test_what_is_not_signed_is_not_even_parsed(door: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    honest = http.read_body

    def parse(raw: bytes, content_type: str) -> dict[str, object]:
        parsed.append(raw)
        return honest(raw, content_type)

    monkeypatch.setattr(http, "read_body", parse)
    for body in ('{"type": "event_callback"}', "payload=%7B", urlencode(COMMAND)):
        assert (await door.send(body, secret="other"))[0] == 401
    assert parsed == []
    await door.command()
    assert len(parsed) == 1


async def test_another_workspace_is_refused(door: Front) -> None:
    assert (await door.command(team_id="T2OTHER"))[0] == 403
    assert (await door.click(team={"id": "T2OTHER"}))[0] == 403
    assert door.heard == []


async def test_another_app_of_the_same_secret_is_refused(door: Front) -> None:
    assert (await door.command(api_app_id="A2"))[0] == 403
    assert door.refused("other_app") == 1


async def test_the_modal_of_another_workspaces_person_counts_for_the_workspace_that_opened_it(
    door: Front,
) -> None:
    view = {"type": "modal", "callback_id": "form", "app_installed_team_id": TEAM, "blocks": []}
    status, _ = await door.click(type="view_submission", team={"id": "T2OTHER"}, view=view, actions=None)
    assert status == 200


async def test_goodbye_is_heard_from_a_workspace_that_is_forgotten_already(door: Front) -> None:
    event = {
        "type": "event_callback",
        "team_id": "T2OTHER",
        "api_app_id": "A1",
        "event": {"type": "app_uninstalled"},
    }
    status, _ = await door.send(json.dumps(event), headers={"Content-Type": "application/json"})
    assert status == 200
    assert len(door.heard) == 1


async def test_slacks_question_about_the_address_is_answered(door: Front) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"})
    status, text = await door.send(body, headers={"Content-Type": "application/json"})
    assert (status, "abc" in text) == (200, True)
    assert (await door.send("ssl_check=1&token=x"))[0] == 200


async def test_nothing_is_let_in_as_slacks_question_but_the_question(door: Front) -> None:
    for more in ({"ssl_check": "1"}, {"ssl_check": "0"}, {"type": "url_verification"}, {"type": "ssl_check"}):
        assert (await door.command(team_id="T2OTHER", **more))[0] == 403
        assert (await door.command(api_app_id="A2", **more))[0] == 403
    assert (await door.click(team={"id": "T2OTHER"}, user={"id": "U1"}, ssl_check="1"))[0] == 403
    assert door.heard == []


async def test_a_flood_of_one_person_is_answered_kindly_and_goes_no_further() -> None:
    async with front(requests_per_minute=10) as door:
        answers = [await door.command(trigger_id=str(number)) for number in range(6)]
        assert [len(door.heard), answers[-1][0]] == [2, 200]
        assert "Wait a few seconds" in json.loads(answers[-1][1])["text"]
        assert (await door.command(user_id="U2"))[1] == "heard"
        assert door.refused("too_many") == 4


async def test_a_flooding_modal_says_so_on_its_first_field() -> None:
    async with front(requests_per_minute=5) as door:
        view = {"type": "modal", "callback_id": "form", "blocks": [{"type": "input", "block_id": "name"}]}
        answers = [
            await door.click(type="view_submission", view=view, actions=None, trigger_id=str(it))
            for it in range(3)
        ]
        told = json.loads(answers[-1][1])
        assert (told["response_action"], list(told["errors"])) == ("errors", ["name"])


async def test_a_limit_that_fails_lets_everybody_in_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.runtime.limits import RateLimiter

    def fail(_self: object, _key: str) -> bool:
        raise RuntimeError

    monkeypatch.setattr(RateLimiter, "allow", fail)
    async with front(requests_per_minute=5) as door:
        assert (await door.command())[1] == "heard"
        counted = door.metrics.registry.get_sample_value(
            "cw_bot_guards_failed_open_total", {"guard": "rate_limit"}
        )
        assert counted == pytest.approx(1)


async def test_headers_that_bolt_would_obey_are_not_handed_on(door: Front) -> None:
    status, text = await door.send(
        urlencode(COMMAND),
        headers={"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "hear"},
    )
    assert (status, text) == (200, "heard")


async def test_a_command_that_says_payload_is_a_command(door: Front) -> None:
    assert (await door.command(text="payload"))[1] == "heard"


async def test_without_a_signing_secret_nothing_is_taken_over_http() -> None:
    async with front(secret="") as door:
        assert (await door.command())[0] == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/slack/events", "/nowhere", "/.env"])
async def test_every_answer_carries_the_security_headers_and_no_word_about_the_software(
    door: Front, path: str
) -> None:
    async with door.session.get(f"{door.url}{path}") as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "python" not in answer.headers["Server"].casefold()


@pytest.mark.parametrize("secret", [SECRET, "wrong"])
async def test_no_body_is_logged_at_any_level_by_anybody(
    door: Front, logged: io.StringIO, secret: str
) -> None:
    """Unhandled ids, unreadable JSON and wrong signatures are where Bolt would print the request."""
    for body, kind in (
        (urlencode({**COMMAND, "text": CANARY}), "application/x-www-form-urlencoded"),
        (urlencode({**COMMAND, "command": "/unknown", "text": CANARY}), "application/x-www-form-urlencoded"),
        (urlencode({"payload": CANARY}), "application/x-www-form-urlencoded"),
        (json.dumps({"type": "nothing", "team_id": TEAM, "x": CANARY}), "application/json"),
        (CANARY, "application/json"),
    ):
        await door.send(body, secret=secret, headers={"Content-Type": kind})
    assert CANARY not in logged.getvalue()
    assert "request_refused" in logged.getvalue()


async def test_a_listener_that_fails_shows_nothing_of_it_to_the_client(door: Front) -> None:
    status, text = await door.click(actions=[{"type": "button", "action_id": ["press"], "value": CANARY}])
    assert status < 500
    assert CANARY not in text


async def test_the_bots_token_is_in_no_repr() -> None:
    from bot.slack.workspaces import Workspace

    assert "xoxb" not in repr(Workspace("T1", "B1", "U1", SecretStr("xoxb-1")))
    assert SECRET not in repr(RequestVerifier(SECRET))


@pytest.mark.parametrize(
    "sent",
    [
        f"GET / HTTP/1.1\r\n folded: {CANARY}\r\n\r\n",
        f"POST /slack/events HTTP/9.9\r\nX: {CANARY}\r\n\r\n",
        f"{CANARY} / HTTP/1.1\r\nX\x01: 1\r\n\r\n",
        f"GET / HTTP/1.1\r\nX: {CANARY * 1000}\r\n\r\n",
    ],
    ids=["folded header", "version", "method", "long header"],
)
async def test_what_is_no_http_is_refused_without_a_word_about_it_or_the_software(
    door: Front, logged: io.StringIO, sent: str
) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent.encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert answer.split(" ")[1] == "400"
    assert answer.endswith("\r\n\r\nrefused\n")
    assert "nosniff" in answer
    assert "python" not in answer.casefold()
    assert CANARY not in answer + logged.getvalue()


async def test_ids_that_are_none_are_nobodys(door: Front) -> None:
    """Ids go into keys, calls and the log: what has another shape is taken for no id at all."""
    for forged in ("T1HOME\n", "t1home", "T1HOME}:x", " T1HOME", "T1HOME" * 9):
        assert (await door.command(team_id=forged))[0] == 403
        assert (await door.click(team={"id": forged}, user={"id": "U1", "team_id": forged}))[0] == 403
    assert door.heard == []
