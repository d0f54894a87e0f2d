"""Installing the app from a browser."""

import asyncio
import io
import json
from typing import Any

import pytest

from bot.runtime import oauth
from bot.runtime.logging import configure_logging
from bot.runtime.manifest import required_scopes
from bot.runtime.redaction import Redactor
from bot.sandbox.bench import Sandbox
from bot.store import keys
from tests.journeys.steps import PATIENCE, connect, see_status
from tests.oauth.steps import Browser, Page, oauth_settings


async def _stored(sandbox: Sandbox) -> list[str]:
    assert sandbox.bot is not None
    redis = sandbox.bot._redis
    assert redis is not None
    return [key.decode() async for key in redis.scan_iter(keys.every_team("installation"))]


def _is_hardened(page: Page) -> bool:
    headers = page.headers
    return (
        "default-src 'none'" in headers["Content-Security-Policy"]
        and headers["X-Frame-Options"] == "DENY"
        and headers["Referrer-Policy"] == "no-referrer"
        and headers["Cache-Control"] == "no-store"
        and headers["X-Content-Type-Options"] == "nosniff"
        and "max-age" in headers["Strict-Transport-Security"]
    )


async def test_nobody_is_served_before_the_install_and_everybody_after_it(
    sandbox: Sandbox, browser: Browser
) -> None:
    ben = sandbox.slack.person("ben")
    refused = await ben.command("/cw-status", "psa-setup")
    assert refused.error is not None

    page = await browser.install(ben.user.team_id)
    assert page.status == 200
    assert page.title == "Installed in Northwind IT"
    assert _is_hardened(page)
    await connect(sandbox, ben)


async def test_the_installation_outlives_a_restart_and_is_sealed(sandbox: Sandbox, browser: Browser) -> None:
    ben = sandbox.slack.person("ben")
    await browser.install(ben.user.team_id)
    assert await _stored(sandbox) == [keys.installation(ben.user.team_id)]
    await sandbox.restart_bot()
    assert sandbox.bot is not None
    assert sandbox.bot._redis is not None
    record = await sandbox.bot._redis.hget(keys.installation(ben.user.team_id), "sealed")
    assert isinstance(record, bytes)
    assert sandbox.slack.bot_token.encode() not in record
    assert "/cw-setup" in (await ben.command("/cw-status", "psa-setup")).text


async def test_slack_is_asked_for_the_manifests_scopes_and_led_back_to_us(browser: Browser) -> None:
    asked = await browser.begin("T0NORTHWND")
    assert asked["scope"] == ",".join(required_scopes())
    assert asked["redirect_uri"] == f"{browser.base}/slack/oauth_redirect"
    assert asked["team"] == "T0NORTHWND"


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    sandbox: Sandbox, browser: Browser
) -> None:
    page = await browser.get("/slack/install")
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=600" in cookie
    assert _is_hardened(page)

    sandbox.override(cw_bot_public_url="https://bot.example.com/")
    await sandbox.restart_bot()
    async with Browser(sandbox) as over_tls:
        page = await over_tls.get("/slack/install")
    assert page.headers["Set-Cookie"].startswith("__Host-")
    assert "Secure" in page.headers["Set-Cookie"]
    assert "redirect_uri=https%3A%2F%2Fbot.example.com%2Fslack%2Foauth_redirect" in page.location


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "evil.example:99999999", ""])
async def test_a_host_header_that_is_no_host_is_refused(browser: Browser, host: str) -> None:
    page = await browser.get("/slack/install", Host=host)
    assert page.status == 400


async def test_a_team_that_is_no_id_is_not_handed_on(browser: Browser) -> None:
    asked = await browser.begin("T1%26redirect_uri%3Devil.example")
    assert "team" not in asked
    assert asked["redirect_uri"] == f"{browser.base}/slack/oauth_redirect"


async def test_a_state_is_good_once(sandbox: Sandbox, browser: Browser) -> None:
    state = (await browser.begin())["state"]
    first = await browser.return_with(state=state, code=sandbox.slack.issue_oauth_code("T0NORTHWND"))
    assert first.status == 200
    cookie = next(iter(browser.session.cookie_jar), None)
    assert cookie is None, "it goes with the installation that it was for"

    state = (await browser.begin())["state"]
    kept = {it.key: it.value for it in browser.session.cookie_jar}
    assert (await browser.return_with(state=state, error="access_denied")).status == 200
    browser.session.cookie_jar.update_cookies(kept)
    again = await browser.return_with(state=state, code=sandbox.slack.issue_oauth_code("T0NORTHWND"))
    assert again.status == 400


async def test_a_state_of_another_browser_is_worth_nothing(sandbox: Sandbox, browser: Browser) -> None:
    """Somebody sends a victim the end of their own installation."""
    state = (await browser.begin())["state"]
    code = sandbox.slack.issue_oauth_code("T0NORTHWND")
    async with Browser(sandbox) as victim:
        assert (await victim.return_with(state=state, code=code)).status == 400
        await victim.begin()  # with a cookie of their own neither
        assert (await victim.return_with(state=state, code=code)).status == 400
    assert await _stored(sandbox) == []
    assert not sandbox.slack.calls.of("oauth.v2.access"), "the code was not even tried"


async def test_a_state_that_was_made_up_or_altered_is_refused(sandbox: Sandbox, browser: Browser) -> None:
    good = (await browser.begin())["state"]
    nonce, issued, signature = good.split(".")
    later = f"{nonce}.{int(issued) + 1}.{signature}"
    for state in (
        "",
        ".",
        "a.b.c",
        later,
        f"{nonce}x.{issued}.{signature}",
        good[:-1],
        good + "ü",
        "x" * 5000,
    ):
        page = await browser.return_with(state=state, code="anything")
        assert page.status == 400, state
        assert page.title == "This link is no longer good"
        assert _is_hardened(page)
    assert await _stored(sandbox) == []


async def test_after_ten_minutes_the_state_is_stale(
    sandbox: Sandbox, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = (await browser.begin())["state"]
    monkeypatch.setattr(oauth, "STATE_SECONDS", -1)
    code = sandbox.slack.issue_oauth_code("T0NORTHWND")
    assert (await browser.return_with(state=state, code=code)).status == 400
    monkeypatch.undo()
    assert (await browser.return_with(state=state, code=code)).status == 200


async def test_two_tabs_do_not_take_each_others_way(sandbox: Sandbox, browser: Browser) -> None:
    first, second = await browser.begin(), await browser.begin()
    for state in (first["state"], second["state"]):
        kept = {it.key: it.value for it in browser.session.cookie_jar}
        page = await browser.return_with(state=state, code=sandbox.slack.issue_oauth_code("T0NORTHWND"))
        assert page.status == 200
        browser.session.cookie_jar.update_cookies(kept)


async def test_whoever_declines_is_told_that_nothing_happened_and_can_come_back(
    sandbox: Sandbox, browser: Browser
) -> None:
    state = (await browser.begin())["state"]
    page = await browser.return_with(state=state, error="access_denied")
    assert page.title == "Nothing was installed"
    assert 'href="/slack/install"' in page.text
    assert await _stored(sandbox) == []
    assert (await browser.install("T0NORTHWND")).status == 200


@pytest.mark.parametrize(
    ("mood", "says"),
    [
        ({"error": "invalid_code"}, "invalid_code"),
        ({"status": 500}, "unreachable"),
        ({"drops": "before"}, "unreachable"),
        ({"drops": "after"}, "unreachable"),
    ],
)
async def test_when_slack_does_not_complete_it_the_page_says_so_and_the_next_try_works(
    sandbox: Sandbox, browser: Browser, mood: dict[str, Any], says: str
) -> None:
    sandbox.slack.fail("oauth.v2.access", **mood)
    page = await browser.install("T0NORTHWND")
    assert page.status == 502
    assert says in page.text
    assert await _stored(sandbox) == []
    assert (await browser.install("T0NORTHWND")).status == 200


async def test_a_wrong_client_secret_is_named(sandbox: Sandbox) -> None:
    sandbox.override(slack_client_secret="not-the-secret")
    await sandbox.restart_bot()
    async with Browser(sandbox) as browser:
        page = await browser.install("T0NORTHWND")
    assert page.status == 502
    assert "bad_client_secret" in page.text


async def test_a_token_that_speaks_for_another_workspace_is_not_kept(
    sandbox: Sandbox, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should Slack's two answers ever disagree, nobody is served with somebody else's token."""
    other = sandbox.slack.add_team("Contoso", "contoso-2")
    mine = sandbox.slack.workspace.installations[other.id].bot_token
    original = sandbox.slack._dispatcher._perform

    def lie(name: str, args: dict[str, Any], token: str) -> Any:
        return original(name, args, mine if name == "auth.test" else token)

    monkeypatch.setattr(sandbox.slack._dispatcher, "_perform", lie)
    page = await browser.install("T0NORTHWND")
    assert page.status == 502
    assert await _stored(sandbox) == []


async def test_an_html_name_is_shown_as_text(sandbox: Sandbox, browser: Browser) -> None:
    team = sandbox.slack.add_team("<script>alert(1)</script>", "odd", installed=False)
    page = await browser.install(team.id)
    assert page.status == 200
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_the_token_of_the_settings_goes_on_working_beside_installed_workspaces(
    sandbox: Sandbox,
) -> None:
    sandbox.override(**oauth_settings(sandbox, slack_bot_token=sandbox.slack.bot_token))
    await sandbox.restart_bot()
    contoso = sandbox.slack.add_team("Contoso", "contoso-2", installed=False)
    ben = sandbox.slack.person("ben")
    assert "/cw-setup" in (await ben.command("/cw-status", "psa-setup")).text
    async with Browser(sandbox) as browser:
        assert (await browser.install(contoso.id)).status == 200
    olga = sandbox.slack.person("contoso-2-owner")
    assert "/cw-setup" in (await olga.command("/cw-status", "contoso-2-setup")).text


async def test_without_a_client_id_and_secret_there_are_no_pages(sandbox: Sandbox) -> None:
    sandbox.override(slack_client_id="", slack_client_secret="", slack_bot_token=sandbox.slack.bot_token)
    await sandbox.restart_bot()
    async with Browser(sandbox) as browser:
        assert (await browser.get("/slack/install")).status == 404
        assert (await browser.get("/slack/oauth_redirect")).status == 404


@pytest.mark.parametrize("tokens_first", [True, False])
async def test_a_workspace_that_leaves_is_forgotten_and_may_come_back(
    sandbox: Sandbox, browser: Browser, tokens_first: bool
) -> None:
    ben = sandbox.slack.person("ben")
    await browser.install(ben.user.team_id)
    await connect(sandbox, ben)
    assert sandbox.bot is not None
    await sandbox.bot._tracker.drain(
        PATIENCE
    )  # what writes after the first sweep is for the second one, much later
    sandbox.slack.uninstall(tokens_first=tokens_first)
    await sandbox.slack.settle()

    async def emptied() -> bool:
        assert sandbox.bot is not None
        assert sandbox.bot._redis is not None
        left = [key async for key in sandbox.bot._redis.scan_iter(f"{keys.team(ben.user.team_id)}*")]
        return not [key for key in left if b":once:" not in key]

    async with asyncio.timeout(PATIENCE):
        while not await emptied():  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.1)
    page = await browser.install(ben.user.team_id)
    assert page.status == 200
    ben.invite_bot("psa-setup")
    assert "/cw-setup" in (await ben.command("/cw-status", "psa-setup")).text


async def test_neither_code_nor_token_nor_secret_is_logged_or_shown(
    sandbox: Sandbox, browser: Browser
) -> None:
    stream = io.StringIO()
    configure_logging(level="DEBUG", style="json", redactor=Redactor(), stream=stream)
    shown = [await browser.install("T0NORTHWND")]
    sandbox.slack.fail("auth.test", error="invalid_auth")
    shown.append(await browser.install("T0NORTHWND"))
    code = sandbox.slack.issue_oauth_code("T0NORTHWND")
    sandbox.slack.fail("oauth.v2.access", drops="after")
    state = (await browser.begin())["state"]
    shown.append(await browser.return_with(state=state, code=code))
    out = stream.getvalue()
    seen = out + json.dumps([[it.text, it.headers] for it in shown])
    secrets = (
        sandbox.slack.bot_token,
        sandbox.slack.workspace.app.client_secret,
        sandbox.slack.signing_secret,
        code,
        state,
    )
    assert "workspace_installed" in out
    for secret in secrets:
        assert secret not in seen


async def test_asking_for_a_status_needs_an_installation_of_ones_own(
    sandbox: Sandbox, browser: Browser
) -> None:
    """Two workspaces side by side: each sees what is its own."""
    contoso = sandbox.slack.add_team("Contoso", "contoso-2", installed=False)
    await browser.install("T0NORTHWND")
    await browser.install(contoso.id)
    ben, olga = sandbox.slack.person("ben"), sandbox.slack.person("contoso-2-owner")
    await connect(sandbox, ben)
    assert "/cw-setup" in (await olga.command("/cw-status", "contoso-2-setup")).text
    await ben.command("/cw-status", "psa-setup")
    await see_status(ben, "Verified")
