"""The monitor looks at the organization variables too."""

from bot.sandbox.bench import Sandbox
from tests.journeys.steps import see_in_thread, thread_text
from tests.journeys.test_variables import save
from tests.monitor.test_journeys import age_the_audit


async def test_a_status_deleted_behind_everybodys_back_is_said_once_in_the_thread(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await save(watched, ben)
    watched.connectwise.set(board_status_deleted=True)
    await age_the_audit(watched)
    await see_in_thread(ben, "changed in ConnectWise")
    await see_in_thread(ben, "do not fit ConnectWise any more")
    said = thread_text(ben).replace("*", "")
    assert "Status while working fits → In Progress is not on the board Help Desk" in said
    await see_in_thread(ben, "5 of 8")  # the card follows the notice
