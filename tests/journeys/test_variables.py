"""The organization variables: chosen from ConnectWise's lists, checked, printed, and watched afterwards."""

import json
from typing import Any

from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.choices import buttons_of
from bot.sandbox.slack.model import Message
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    card,
    connect,
    see_in_thread,
    see_status,
    see_whole_thread,
    submit,
    thread_text,
    title,
)

FORM = "Organization variables"


def choices(**changes: Any) -> dict[str, Any]:
    """What goes into the form below the board; notes only, so that no technician is needed."""
    return {
        "Status while working": "In Progress",
        "Status while waiting for input": "Waiting on Customer",
        "Status when complete": "Closed",
        "Priority": "Priority 3",
        "Time in tickets": "Notes only",
        **changes,
    }


async def step_message(person: Person) -> Message:
    """The message of the last step."""
    parent = await see_whole_thread(person)
    return next(it for it in person.thread(CHANNEL, parent.ts) if "8." in person.read(it)[:60])


async def press(person: Person, button: str) -> None:
    """Press a button of the last step's message as soon as it is there."""
    ts = (await step_message(person)).ts

    def ready() -> Message | None:
        parent = card(person)
        found = person.thread(CHANNEL, parent.ts) if parent else []
        message = next((it for it in found if it.ts == ts), None)
        is_there = message is not None and any(button == text for text, _ in buttons_of(message.blocks))
        return message if is_there else None

    found = await person.wait_for(ready, PATIENCE)
    assert found is not None
    await person.click(button, message=found)


async def open_form(sandbox: Sandbox, person: Person) -> None:
    """From nothing to the form with a board chosen."""
    await connect(sandbox, person)
    await person.close_modal()
    await press(person, "Choose variables")
    assert title(person) == FORM
    assert person.modal is not None
    assert "Status while working" not in person.modal.labels
    await choose_board(person, "Help Desk")


async def choose_board(person: Person, board: str) -> None:
    """Choose a board and wait until the form follows."""
    before = ids_of(person)
    await person.fill({"Board for tickets": board})
    await person.wait_for(lambda: ids_of(person) != before, PATIENCE)


def ids_of(person: Person) -> list[str]:
    """The ids of the form's blocks."""
    return (
        [it["block_id"] for it in person.modal.view.blocks if it["type"] == "input"] if person.modal else []
    )


async def save(sandbox: Sandbox, person: Person, **changes: Any) -> None:
    """Open, choose and save."""
    await open_form(sandbox, person)
    result = await submit(person, choices(**changes))
    assert result.ok, result.errors_by_label
    await person.wait_for(lambda: person.modal is not None and "Saved." in person.modal.text, PATIENCE)


async def test_what_was_chosen_is_checked_saved_and_printed_for_everybody(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await save(
        sandbox,
        ben,
        **{
            "Statuses of active customers": ["Active", "Credit Hold"],
            "Types of active customers": ["Client - Co-managed"],
            "Send-from address": "support@brightwater.example",
        },
    )
    assert ben.modal is not None
    said = ben.modal.text
    for name in ("psa_default_board_id", "psa_default_ticket_status", "psa_no_ticket_time", "cw_manage"):
        assert name in said
    assert "[1, 4]" in said
    assert "types/id=4" in said
    assert "support@brightwater.example" in said

    await ben.click("Show as CSV")
    await ben.wait_for(lambda: ben.modal is not None and "variable,value,label" in ben.modal.text, PATIENCE)
    assert ben.modal is not None
    assert 'psa_active_customer_status,"[1, 4]","Active, Credit Hold"' in ben.modal.text

    await see_in_thread(cleo, "6 of 8")
    await see_in_thread(cleo, "psa_default_ticket_status")
    assert "verified by the API" in cleo.read(await step_message(cleo))
    # A member who may not save sees the table instead of the form.
    await press(cleo, "Choose again")
    assert cleo.modal is not None
    assert "psa_default_board_id" in cleo.modal.text
    assert cleo.modal.submit_label == ""


async def test_a_combination_that_cannot_work_is_refused_at_its_field_and_mended_there(
    sandbox: Sandbox,
) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    refused = await submit(ben, choices(**{"Time in tickets": "Time entries", "Work role": "Automation"}))
    assert set(refused.errors_by_label) == {"Default technician", "Work type"}
    assert ben.modal is not None
    assert ben.modal.values["Status while working"] == "In Progress"
    assert ben.modal.values["Work role"] == "Automation"

    refused = await submit(ben, {"Time in tickets": "Notes only", "Agreement name": "Platinum of Nowhere"})
    assert list(refused.errors_by_label) == ["Agreement name"]
    assert "Platinum of Nowhere" in refused.errors_by_label["Agreement name"]
    assert (await submit(ben, {"Agreement name": None})).ok
    await ben.wait_for(lambda: ben.modal is not None and "Saved." in ben.modal.text, PATIENCE)


async def test_forged_choices_are_refused_whatever_the_lists_had_offered(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    await ben.fill(choices())
    blocks = {it.partition("/")[0].removeprefix("variable:"): it for it in ids_of(ben)}

    def forged(name: str, value: str) -> dict[str, Any]:
        option = {"text": {"type": "plain_text", "text": "X"}, "value": value}
        return {blocks[name]: {"variable": {"type": "external_select", "selected_option": option}}}

    assert ben.modal is not None
    view = ben.modal.view
    board = int(blocks["psa_default_ticket_status"].rpartition("/")[2])
    closed, of_another_board = str(board * 20 + 7), str((board + 1) * 20 + 2)
    for value, word in ((closed, "closed status"), (of_another_board, "Help Desk"), ("note", "note")):
        before = json.loads(json.dumps(view.values))
        refused = await ben.submit(forged("psa_default_ticket_status", value))
        assert list(refused.errors_by_label) == ["Status while working"], value
        assert word in refused.errors_by_label["Status while working"]
        view.values.update(before)
    assert (await ben.submit()).ok


async def test_another_board_takes_its_own_statuses_and_keeps_the_rest(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    await ben.fill(choices())
    await choose_board(ben, "Onboarding")
    assert ben.modal is not None
    assert ben.modal.values["Status while working"] is None
    assert ben.modal.values["Priority"].startswith("Priority 3")
    assert ben.modal.values["Time in tickets"] == "Notes only"
    refused = await ben.submit()
    assert set(refused.errors_by_label) == {
        "Status while working",
        "Status while waiting for input",
        "Status when complete",
    }
    assert (await submit(ben, choices())).ok


async def test_the_type_narrows_its_subtypes(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    assert "Hardware" in await ben.suggest("Subtype for new users", "")
    before = ids_of(ben)
    await ben.fill({"Type for new users": "New User"})
    await ben.wait_for(lambda: ids_of(ben) != before, PATIENCE)
    assert await ben.suggest("Subtype for new users", "") == ["Account"]


async def test_lists_are_searched_and_offer_only_what_would_be_taken(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    assert await ben.suggest("Status while waiting", "wait") == ["Waiting on Customer", "Waiting on Vendor"]
    assert "Closed" not in await ben.suggest("Status while working", "")
    assert (await ben.suggest("Status when complete", ""))[:2] == ["Closed", "Cancelled"]
    boards = await ben.suggest("Board for tickets", "")
    assert "Help Desk" in boards
    assert not {"Projects", "Legacy Support"} & set(boards)
    assert "Retired Role" not in await ben.suggest("Work role", "")
    assert await ben.suggest("Work type", '" or name like "%') == []


async def test_a_slow_connectwise_never_leaves_a_list_broken_and_what_is_known_stays(
    sandbox: Sandbox,
) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    known = await ben.suggest("Priority", "")
    sandbox.connectwise.set(latency=5)
    assert await ben.suggest("Priority", "") == known
    assert await ben.suggest("Work role", "") == ["Type a letter, or open this list again"]
    assert not sandbox.slack.workspace.problems
    sandbox.connectwise.set(latency=0)


async def test_a_slow_check_goes_on_behind_the_window_and_keeps_everything_typed(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    await ben.fill(choices(**{"Agreement name": "Platinum of Nowhere"}))
    sandbox.connectwise.set(latency=2.5)
    assert (await ben.submit()).ok
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == FORM, PATIENCE)
    assert ben.modal is not None
    assert "Platinum of Nowhere" in ben.modal.text
    assert ben.modal.values["Status when complete"] == "Closed"
    sandbox.connectwise.set(latency=0)
    assert (await submit(ben, {"Agreement name": None})).ok
    await see_in_thread(ben, "psa_default_ticket_status")


async def test_while_connectwise_is_down_nothing_is_saved_and_nothing_typed_is_lost(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    await ben.fill(choices())
    sandbox.connectwise.set(answers="down")
    refused = await ben.submit()
    assert list(refused.errors_by_label) == ["Board for tickets"]
    sandbox.connectwise.set(answers="normal")
    assert (await ben.submit()).ok
    await see_in_thread(ben, "psa_default_ticket_status")


async def test_a_status_that_is_deleted_later_is_drift_and_choosing_another_mends_it(
    sandbox: Sandbox,
) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await save(sandbox, ben)
    await ben.close_modal()
    sandbox.connectwise.set(board_status_deleted=True)
    await cleo.command("/cw-status", CHANNEL)
    said = await see_status(cleo, "do not fit ConnectWise any more")
    assert "In Progress is not on the board Help Desk" in said
    await see_in_thread(cleo, "do not fit ConnectWise any more")
    await see_in_thread(cleo, "5 of 8")

    await press(ben, "Choose again")
    refused = await ben.submit()
    assert list(refused.errors_by_label) == ["Status while working"]
    assert (await submit(ben, {"Status while working": "Assigned"})).ok
    await see_in_thread(cleo, "6 of 8")


async def test_whoever_saves_second_is_told_who_was_first_and_decides(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await open_form(sandbox, ben)
    await press(ada, "Choose variables")
    await choose_board(ada, "Help Desk")
    assert (await submit(ben, choices())).ok
    await ada.fill(choices(Priority="Priority 1"))
    await ada.submit()
    assert title(ada) == FORM
    assert ada.modal is not None
    assert "Priority" in ada.modal.text
    assert "Not saved" in ada.modal.text
    assert ada.modal.values["Priority"].startswith("Priority 1")
    assert (await ada.submit()).ok
    await ada.wait_for(lambda: ada.modal is not None and "Saved." in ada.modal.text, PATIENCE)
    await see_in_thread(ben, "Priority 1")


async def test_members_may_look_at_nothing_to_choose_from_and_guests_not_at_all(sandbox: Sandbox) -> None:
    ben, cleo, gus = (sandbox.slack.person(name) for name in ("ben", "cleo", "gus"))
    await open_form(sandbox, ben)
    message = await step_message(ben)
    for person in (cleo, gus):
        parent = card(person)
        if parent is None:
            continue
        await person.click("Choose variables", message=message)
        assert person.modal is None
    assert ben.modal is not None
    assert "psa_default" not in thread_text(cleo)


async def test_a_role_that_may_not_read_the_lists_is_named_in_the_list_itself(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await open_form(sandbox, ben)
    sandbox.connectwise.set(rights_missing=["System/Table Setup/inquire"])
    assert "Table Setup" in (await ben.suggest("Priority", ""))[0]
    # Boards and statuses have plainer twins that need no right.
    assert "In Progress" in await ben.suggest("Status while working", "")
