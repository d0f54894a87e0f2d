"""What one does with an instance once it is connected: edit, filter, rotate, reveal, default, remove."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.bench import DEAD_HOST, Sandbox
from bot.sandbox.slack import Person
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    card,
    connect,
    connect_second,
    key_fields,
    open_setup,
    reach_keys,
    see_in_thread,
    see_status,
    site_fields,
    status_of,
    submit,
    thread_text,
    title,
)


async def open_menu(person: Person, entry: str, name: str = "", says: str = "Verified") -> None:
    """Choose an entry of an instance's menu or one of its buttons; a modal opens."""
    message = await status_of(person, name, says)
    result = await person.click(entry, message=message)
    assert result.ok, result.error
    assert person.modal is not None


def second_pair(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """The API member's other keys."""
    crib = sandbox.connectwise.crib()
    return {"Public key": crib["Second public key"], "Private key": crib["Second private key"], **changes}


def modal_text(person: Person) -> str:
    return person.modal.text if person.modal else ""


async def test_details_are_edited_and_the_thread_shows_the_new_name(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit…")
    assert title(ben) == "Edit instance"
    refused = await submit(ben, {"Instance name": "All"})
    assert list(refused.errors_by_label) == ["Instance name"]
    done = await submit(ben, {"Instance name": "Main <!here>", "Description": "Ask *Ada*"})
    assert done.ok, done.errors_by_label
    assert title(ben) == "Saved"
    await ben.wait_for(lambda: card(ben, "Main <!here>"), PATIENCE)
    message = await status_of(ben, "main <!here>")
    assert "Ask" in ben.read(message)
    assert message.notified <= {ben.id}


async def test_another_host_is_saved_only_when_the_kept_keys_work_there(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit…")
    refused = await submit(ben, {"Hostname": DEAD_HOST})
    assert list(refused.errors_by_label) == ["Hostname"]
    refused = await submit(ben, {"Hostname": "eu.myconnectwise.net", "Company ID": "elsewhere"})
    assert list(refused.errors_by_label) == ["Company ID"]
    sandbox.connectwise.set(keys="revoked")
    refused = await submit(ben, {"Company ID": "brightwater"})
    assert list(refused.errors_by_label) == ["Hostname"]
    assert "not accepted there" in refused.errors_by_label["Hostname"]
    sandbox.connectwise.reset()
    said = ben.read(await status_of(ben))
    assert "psa.brightwater.example" in said
    await open_menu(ben, "Edit…")
    assert (await submit(ben, {"Hostname": "eu.myconnectwise.net"})).ok
    assert title(ben) == "Saved"
    assert "api-eu.myconnectwise.net" in ben.read(await status_of(ben))


async def test_a_slow_site_lets_an_edit_go_on_behind_the_window(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit…")
    sandbox.connectwise.set(latency=2.5)
    assert (await submit(ben, {"Hostname": "au.myconnectwise.net", "Company ID": "elsewhere"})).ok
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Edit instance", PATIENCE)
    assert "Not saved" in modal_text(ben)
    assert ben.modal is not None
    assert ben.modal.values["Company ID"] == "elsewhere"
    assert (await submit(ben, {"Company ID": "brightwater"})).ok
    await ben.wait_for(lambda: title(ben) == "Saved", PATIENCE)
    sandbox.connectwise.reset()
    assert "api-au.myconnectwise.net" in ben.read(await status_of(ben))


async def test_a_form_that_somebody_else_has_overtaken_says_who_changed_what(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit…")
    await open_menu(ada, "Edit…")
    assert (await submit(ada, {"Description": "Ada's words"})).ok
    await ben.fill({"Description": "Ben's words"})
    assert (await ben.submit()).ok
    assert title(ben) == "Edit instance"
    assert "Ada Berg changed the description" in modal_text(ben)
    assert ben.modal is not None
    assert ben.modal.values["Description"] == "Ben's words"
    assert "Ada's words" in ben.read(await status_of(ben))
    assert (await ben.submit()).ok
    assert title(ben) == "Saved"
    assert "Ben's words" in ben.read(await status_of(ben))


async def test_a_check_in_between_makes_no_form_stale(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit…")
    await status_of(cleo)
    assert (await submit(ben, {"Description": "words"})).ok
    assert title(ben) == "Saved"


async def test_a_filter_is_tried_out_mended_and_saved(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit filter…")
    await ben.fill({"query conditions": 'status/name = "Active'})
    await ben.click("Preview", where="modal")
    await ben.wait_for(lambda: "character" in modal_text(ben), PATIENCE)
    await ben.fill({"query conditions": 'deletedFlag=false and types/name like "Client*"'})
    await ben.click("Preview", where="modal")
    await ben.wait_for(
        lambda: "Move it to the child conditions" in str(ben.modal and ben.modal.buttons), PATIENCE
    )
    await ben.click("Move it to", where="modal")
    await ben.wait_for(lambda: "through" in modal_text(ben), PATIENCE)
    assert ben.modal is not None
    assert "types/name" in ben.modal.values["Company query child conditions"]
    assert "types/name" not in ben.modal.values["Company query conditions"]
    refused = await submit(ben, {"query child conditions": 'types/name like "Nobody*"'})
    assert refused.errors_by_label
    assert all("conditions" in label for label in refused.errors_by_label)
    assert (await submit(ben, {"query child conditions": 'types/name like "Client*"'})).ok
    assert title(ben) == "Saved"
    assert "companies through" in modal_text(ben)
    await open_menu(ben, "Edit filter…")
    assert ben.modal is not None
    assert "Client*" in ben.modal.values["Company query child conditions"]


async def test_the_preset_replaces_what_was_typed_and_counts_at_once(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Edit filter…")
    await ben.fill({"query conditions": "id > 5"})
    await ben.click("Use Rewst's default", where="modal")
    await ben.wait_for(lambda: "For example" in modal_text(ben), PATIENCE)
    assert ben.modal is not None
    assert "deletedFlag" in ben.modal.values["Company query conditions"]
    sandbox.connectwise.set(answers="down")
    await ben.click("Preview", where="modal")
    await ben.wait_for(lambda: "not available" in modal_text(ben), PATIENCE)


async def test_keys_are_rotated_once_the_new_pair_is_verified(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await open_menu(ben, "Rotate keys…")
    same = await submit(ben, {k: v for k, v in key_fields(sandbox).items() if "key" in k})
    assert "in use already" in next(iter(same.errors_by_label.values()))
    swapped = await submit(
        ben, {"Public key": "A1b2C3d4E5f6G7h8", "Private key": sandbox.connectwise.public_key}
    )
    assert list(swapped.errors_by_label) == ["Private key"]
    wrong = await submit(ben, second_pair(sandbox, **{"Private key": "A1b2C3d4E5f6G7h8"}))
    assert list(wrong.errors_by_label) == ["Private key"]
    await status_of(cleo)
    assert (await submit(ben, second_pair(sandbox))).ok
    assert title(ben) == "Keys rotated"
    assert "API Keys" in modal_text(ben)
    await see_in_thread(cleo, "rotated the API keys")
    sandbox.connectwise.set(keys="first_revoked")
    await status_of(cleo)


async def test_a_slow_rotation_ends_in_the_waiting_window_and_the_thread(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Rotate keys…")
    sandbox.connectwise.set(latency=1.5)
    await submit(ben, second_pair(sandbox, **{"Private key": "A1b2C3d4E5f6G7h8"}))
    assert title(ben) == "Checking…"
    await ben.wait_for(lambda: title(ben) == "Rotate keys", PATIENCE)
    assert "does not accept" in modal_text(ben)
    assert ben.modal is not None
    assert not ben.modal.values["Private key"]
    await submit(ben, second_pair(sandbox))
    await ben.wait_for(lambda: title(ben) == "Keys rotated", PATIENCE)
    await see_in_thread(ben, "rotated the API keys")


async def test_new_keys_that_nobody_can_try_wait_and_the_old_ones_stay(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await open_menu(ben, "Rotate keys…")
    sandbox.connectwise.set(answers="down")
    await submit(ben, second_pair(sandbox))
    await ben.wait_for(lambda: title(ben) == "Saved for now", 40)
    sandbox.connectwise.reset()
    sandbox.connectwise.set(keys="second_revoked")
    message = await status_of(ben)
    assert "rotated" not in thread_text(ben)
    sandbox.connectwise.reset()
    await ben.close_modal()
    await open_menu(ben, "Rotate keys…")
    sandbox.connectwise.set(answers="down")
    await submit(ben, second_pair(sandbox))
    await ben.wait_for(lambda: title(ben) == "Saved for now", 40)
    sandbox.connectwise.reset()
    await ben.close_modal()
    message = await status_of(ben)
    await ben.click("Check again", message=message)
    await see_in_thread(ben, "rotated the API keys")


async def test_a_rotation_on_old_grounds_is_told_who_was_first(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await connect(sandbox, ben)
    await open_menu(ben, "Rotate keys…")
    await open_menu(ada, "Rotate keys…")
    assert (await submit(ada, second_pair(sandbox))).ok
    crib = sandbox.connectwise.crib()
    await submit(ben, {"Public key": crib["Public key"], "Private key": crib["Private key"]})
    assert title(ben) == "Rotate keys"
    assert "Ada Berg changed the API keys" in modal_text(ben)


async def test_keys_are_shown_to_an_admin_alone_and_the_thread_is_told(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await cleo.click("Reveal keys…", message=await status_of(cleo))
    assert cleo.modal is None
    await see_status(cleo, "admins")
    await open_menu(ben, "Reveal keys…")
    assert sandbox.connectwise.private_key not in modal_text(ben)
    assert (await ben.submit()).ok
    assert sandbox.connectwise.private_key in modal_text(ben)
    await see_in_thread(cleo, "looked at the API keys")
    await ben.close_modal()
    shown = [str(dict(it.args)) for it in sandbox.slack.calls]
    assert not any(sandbox.connectwise.private_key in it for it in shown)


async def test_somebody_who_lost_the_role_a_moment_ago_sees_no_key(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await open_menu(ben, "Reveal keys…")
    ben.user.role = "member"
    await ben.submit()
    assert sandbox.connectwise.private_key not in modal_text(ben)
    assert "admins" in modal_text(ben)
    assert "looked at" not in thread_text(cleo)


async def test_revealing_can_be_switched_off(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data", settings={"cw_bot_reveal": "off"}) as sandbox:
        ben = sandbox.slack.person("ben")
        await connect(sandbox, ben)
        await ben.close_modal()
        await ben.click("Reveal keys…", message=await status_of(ben))
        assert ben.modal is None
        await see_status(ben, "switched off")


async def test_a_second_instance_can_become_the_default(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await connect_second(sandbox, ben)
    message = await status_of(ben, "sandbox")
    await ben.click("Make default", message=message)
    await see_status(ben, "is the default now")
    result = await ben.command("/cw-status", CHANNEL)
    assert "Sandbox" in result.text


async def test_the_default_hands_over_before_it_goes(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await ben.close_modal()
    await connect_second(sandbox, ben)
    await open_menu(ben, "Remove…", "production")
    refused = await submit(ben, {"default from now on": "Sandbox", "Type its name": "Prod"})
    assert "not the name" in next(iter(refused.errors_by_label.values()))
    assert (await submit(ben, {"Type its name": " production "})).ok
    assert title(ben) == "Removed"
    assert "Sandbox is the default now" in modal_text(ben)
    await see_in_thread(cleo, "Removed by @Ben Okafor")
    result = await ben.command("/cw-status production", CHANNEL)
    assert "no instance" in result.text
    assert "Sandbox" in (await ben.command("/cw-status", CHANNEL)).text
    await open_menu(ben, "Remove…", "sandbox")
    assert ben.modal is not None
    assert len(ben.modal.labels) == 1
    assert (await submit(ben, {"Type its name": "Sandbox"})).ok
    assert "No ConnectWise is connected" in (await ben.command("/cw-status", CHANNEL)).text


async def test_a_removed_name_is_free_again_and_an_old_button_says_that_it_is_gone(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    old = await status_of(ben)
    await open_menu(ben, "Remove…")
    assert (await submit(ben, {"Type its name": "Production"})).ok
    await ben.close_modal()
    await ben.click("Edit…", message=old)
    await see_status(ben, "was removed")
    await reach_keys(sandbox, ben)


async def test_doubles_are_warned_about_and_never_refused(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await open_setup(ben)
    assert (await submit(ben, site_fields(sandbox, **{"Instance name": "Twin"}))).ok
    assert "Production connects the same company at the same host" in modal_text(ben)
    assert (await submit(ben, key_fields(sandbox))).ok
    await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
    assert "the same key" in modal_text(ben)
    await ben.close_modal()
    await open_menu(ben, "Edit…", "twin")
    refused = await submit(ben, {"Instance name": "PRODUCTION"})
    assert list(refused.errors_by_label) == ["Instance name"]


@pytest.mark.parametrize("entry", ["Edit…", "Edit filter…", "Remove…", "Rotate keys…", "Reveal keys…"])
async def test_members_may_look_but_not_manage(sandbox: Sandbox, entry: str) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await cleo.click(entry, message=await status_of(cleo))
    assert cleo.modal is None
    await see_status(cleo, "admins")
