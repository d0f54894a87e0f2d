from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.sandbox.slack import Person, SlackServer
from tests.sandbox_slack.app import Data, FakeApp, modal, typed


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(ack_seconds=0.3, retry_seconds=(0, 0)) as server:
        yield server


@pytest.fixture
async def app(slack: SlackServer) -> AsyncIterator[FakeApp]:
    fake = FakeApp(slack)
    await fake.start()
    slack.request_urls = [fake.url]
    yield fake
    await fake.stop()


@pytest.fixture
def ada(slack: SlackServer) -> Person:
    return slack.person("ada")


@pytest.fixture
def eve(slack: SlackServer) -> Person:
    return slack.person("eve")


@pytest.fixture
def open_modal(app: FakeApp, ada: Person) -> Callable[[Data | None], Awaitable[Data]]:
    """Ada types the command and the app opens a modal; gives the view of the answer."""

    async def opened(view: Data | None = None) -> Data:
        answers: list[Data] = []

        async def on_command(form: Data) -> None:
            answer = await app.client.views_open(
                trigger_id=form["trigger_id"], view=view or modal(typed("Instance name", "name"))
            )
            answers.append(answer["view"])

        app.on["command"] = on_command
        result = await ada.command("/cw-setup", "psa-setup")
        assert result.ok, result.error
        return answers[0]

    return opened


OpenModal = Callable[..., Awaitable[Data]]
