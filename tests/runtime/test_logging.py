"""Whatever is logged, by us or by a library, or printed by a crash, goes through one redacting formatter."""

import asyncio
import gc
import io
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import aiohttp
import pytest
import structlog
from multidict import CIMultiDict, CIMultiDictProxy
from pydantic import BaseModel, SecretStr, ValidationError
from redis.exceptions import AuthenticationError, ResponseError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from bot.runtime.logging import configure_logging, install_crash_reports, report_loop
from bot.runtime.redaction import MASK, Redactor

CANARY = "Canary9Private8Key7"
LOGIN = f"acme+pub:{CANARY}"


@pytest.fixture(params=["json", "console"])
def logged(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    style: str = request.param
    handler = configure_logging(level="DEBUG", style=style, redactor=Redactor([CANARY]), stream=stream)
    yield stream
    logging.getLogger().removeHandler(handler)


class Strict(BaseModel):
    number: int


def _pydantic() -> None:
    Strict.model_validate({"number": CANARY})


def _answer() -> None:
    info = aiohttp.RequestInfo(
        URL(f"https://x.test/{CANARY}"), "GET", CIMultiDictProxy(CIMultiDict({"Authorization": LOGIN}))
    )
    raise aiohttp.ClientResponseError(info, (), status=400, message=f"cannot read {CANARY}")


def _redis() -> None:
    raise ResponseError(f"ERR wrong type, `HSET` `key` `{CANARY}`") from AuthenticationError(CANARY)


def _slack() -> None:
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.test/api/views.open",
        req_args={"headers": {"Authorization": f"Bearer {CANARY}"}},
        data={"ok": False, "error": "invalid_arguments", "echo": CANARY},
        headers={},
        status_code=200,
    )
    raise SlackApiError(f"failed: {CANARY}", response)  # type: ignore[no-untyped-call]  # slack_sdk has none


def _aiohttp() -> None:
    raise aiohttp.InvalidURL(f"https://hooks.test/{CANARY}", CANARY)


def _group() -> None:
    error = ValueError(CANARY)
    error.add_note(f"while using {CANARY}")
    raise ExceptionGroup("several", [error, RuntimeError(repr({"private_key": CANARY}))])


def _locals() -> None:
    private_key = CANARY  # what a traceback with locals would print
    assert private_key
    raise RuntimeError("a fault")


FAULTS = [_pydantic, _answer, _redis, _slack, _aiohttp, _group, _locals]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda it: it.__name__.strip("_"))
def test_the_error_texts_of_every_library_are_masked(logged: io.StringIO, fault: object) -> None:
    for logger in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        try:
            fault()  # type: ignore[operator]  # a list of functions
        except Exception:
            logger.exception("failed")
    assert "Traceback" in logged.getvalue()
    assert CANARY not in logged.getvalue()


def test_locals_are_never_printed_with_a_traceback() -> None:
    stream = io.StringIO()
    handler = configure_logging(level="DEBUG", style="console", redactor=Redactor(), stream=stream)
    try:
        _locals()
    except RuntimeError:
        structlog.get_logger().exception("failed")
    logging.getLogger().removeHandler(handler)
    assert "a fault" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_our_records_and_foreign_ones_are_masked_by_value_and_by_key(logged: io.StringIO) -> None:
    structlog.get_logger().info("event", detail={"note": [f"x {CANARY}"]}, private_key="another-one-1")
    logging.getLogger("foreign").info("sent %s to %s", CANARY, {"Authorization": LOGIN})
    logging.getLogger("foreign").info("%s", CANARY.encode().hex())
    text = logged.getvalue()
    assert text.count(MASK) >= 4
    assert CANARY not in text
    assert "another-one" not in text
    assert CANARY.encode().hex() not in text


def test_a_line_that_cannot_be_formatted_is_missed_and_not_printed(
    logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    record = logging.LogRecord("foreign", logging.ERROR, "", 1, f"%d {CANARY}", (CANARY,), None)
    ours = next(it for it in logging.getLogger().handlers if hasattr(it, "cw_bot"))
    ours.handle(record)
    out, err = capfd.readouterr()
    assert "log_line_lost" in logged.getvalue()
    assert CANARY not in logged.getvalue() + out + err


def test_where_the_log_is_closed_what_was_under_way_goes_on() -> None:
    stream = io.StringIO()
    handler = configure_logging(level="INFO", style="json", redactor=Redactor(), stream=stream)
    stream.close()
    try:
        structlog.get_logger().info("event")
        logging.getLogger("foreign").warning("event")
    finally:
        logging.getLogger().removeHandler(handler)


def test_a_crash_of_a_thread_and_of_a_destructor_and_a_warning_are_masked(
    logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    class Fragile:
        def __del__(self) -> None:
            raise RuntimeError(CANARY)

    def crash() -> None:
        raise RuntimeError(CANARY)

    undo = install_crash_reports()
    try:
        thread = threading.Thread(target=crash)
        thread.start()
        thread.join()
        Fragile()
        gc.collect()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn(CANARY, stacklevel=1)
    finally:
        undo()
    out, err = capfd.readouterr()
    assert {"thread_crashed", "unraisable"} <= set(logged.getvalue().replace('"', " ").split())
    assert CANARY not in logged.getvalue() + out + err


async def test_what_the_loop_reports_is_masked_and_shows_no_repr_of_tasks(logged: io.StringIO) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report_loop)
    loop.call_exception_handler(
        {"message": f"gone {CANARY}", "exception": RuntimeError(CANARY), "task": {"secret": "unregistered-1"}}
    )
    loop.set_exception_handler(None)
    assert "loop_failed" in logged.getvalue()
    assert CANARY not in logged.getvalue()
    assert "unregistered-1" not in logged.getvalue()


CRASH = """
import sys
from bot.runtime.logging import configure_logging, install_crash_reports
from bot.runtime.redaction import Redactor
secret = sys.stdin.read()
configure_logging(level="INFO", style=sys.argv[1], redactor=Redactor([secret]))
install_crash_reports()
raise RuntimeError("cannot use " + secret)
"""


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_crash_of_the_process_is_masked(style: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH, style], input=CANARY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cannot use" in done.stderr
    assert CANARY not in done.stderr + done.stdout


def test_validation_errors_of_our_models_do_not_show_what_was_given() -> None:
    from bot.domain.instance import Instance, Submission
    from bot.runtime.settings import Settings
    from handlers.blocks.meta import Meta

    for model in (Instance, Submission, Settings, Meta):
        with pytest.raises(ValidationError) as caught:
            model.model_validate(
                {"credentials": CANARY, "cw_bot_port": CANARY, "onboarding_id": [CANARY], "id": [CANARY]}
            )
        assert CANARY not in str(caught.value)


def test_no_repr_shows_a_secret() -> None:
    from bot.domain.instance import Credentials
    from bot.runtime.settings import Settings
    from bot.sandbox.slack.signing import SignedRequest
    from bot.services.credentials import CredentialsEntry
    from bot.services.rotation import RotationEntry
    from bot.services.verification import Target
    from bot.slack.workspaces import Workspace
    from bot.vault import KeyRing, generate_key
    from handlers.payload import Typed
    from tests.store.examples import make_instance, make_submission

    pair = Credentials(public_key=SecretStr(CANARY), private_key=SecretStr(CANARY))
    key = generate_key("k1")
    held = [
        pair,
        make_instance().evolve(credentials=pair),
        make_submission().model_copy(update={"credentials": pair}),
        Target("h", "c", credentials=pair),
        CredentialsEntry("T1", "o1", "U1", "m", CANARY, CANARY, None, CANARY),  # type: ignore[arg-type]  # not looked at
        RotationEntry("T1", "i1", "U1", 1, "m", CANARY, CANARY),
        Typed({"state": {"values": {"private_key": {"value": {"value": CANARY}}}}}),
        Workspace("T1", "B1", "U1", SecretStr(CANARY)),
        Settings.model_construct(slack_bot_token=SecretStr(CANARY), redis_url=SecretStr(CANARY)),
        KeyRing.parse(key),
        SignedRequest({"x": CANARY}, CANARY.encode()),
    ]
    for it in held:
        for text in (repr(it), str(it), f"{it}"):
            assert CANARY not in text, type(it).__name__
            assert key.partition(":")[2] not in text
        if isinstance(it, BaseModel):
            assert CANARY not in it.model_dump_json()
