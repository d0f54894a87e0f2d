"""Over a socket nothing is signed: the connection proves Slack. Everything behind that holds all the same."""

from pathlib import Path

from bot.domain.catalogue import explain
from bot.sandbox.bench import Sandbox
from tests.journeys.steps import CHANNEL, title


async def test_what_comes_over_a_socket_is_asked_for_its_workspace_its_app_and_its_person(
    tmp_path: Path,
) -> None:
    async with Sandbox(data_dir=tmp_path / "data", uses_socket_mode=True) as sandbox:
        slack, ben = sandbox.slack, sandbox.slack.person("ben")
        channel = slack.workspace.channel(CHANNEL)

        async def command(name: str, **changes: str) -> str:
            user = slack.workspace.user(name)
            sent = slack.payloads.command(user, channel, slack.installation, "/cw-setup", "")
            ack = await slack.delivery.command({**sent, **changes})
            return str(ack.body or "")

        for name, key in (("gus", "not_allowed_guest"), ("cleo", "not_allowed_setup")):
            assert explain(key).summary in await command(name)
        for changes in ({"team_id": "T0CONTOSO1"}, {"api_app_id": "A0OTHER"}, {"team_id": "T0NORTHWND\n"}):
            assert await command("ben", **changes) == ""
            assert ben.modal is None
        await command("ben")
        assert title(ben) == "Connect ConnectWise"
