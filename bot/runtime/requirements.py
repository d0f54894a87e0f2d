"""What the settings must have together before anything is started, and the way there for whoever starts with none."""

from typing import Final

from bot.runtime.settings import Settings, SettingsError


class FirstRunError(SettingsError):
    """Nothing is set yet: the text is the way from here to a bot in Slack, in order."""


FIRST_RUN: Final = """\
cw-bot is not connected to Slack yet. Three minutes, in this order:

  1. The app       Open the link that this prints, choose your workspace, and create the app:
                       cw-bot manifest --socket --link
                   (or paste deploy/slack-manifest.yaml at https://api.slack.com/apps → Create New App → From a manifest)
  2. Bot token     In the app: Install App → Install to Workspace, then OAuth & Permissions → Bot User OAuth Token:
                       SLACK_BOT_TOKEN=xoxb-…
  3. App token     Basic Information → App-Level Tokens → Generate Token, with the scope connections:write:
                       SLACK_APP_TOKEN=xapp-…
  4. Start         Put both lines into a file named .env here (or into the environment), and run again:
                       cw-bot run
  5. Use it        In Slack, in your team's channel: /invite @cw-bot, then /cw-setup

Nothing else is needed: without REDIS_URL the bot keeps its data in .cw-bot, sealed with a key that it makes there.
To look at it first, without Slack: cw-bot demo. For HTTP, many workspaces and servers: deploy/README.md."""


def require_slack(settings: Settings) -> None:
    """Raises `SettingsError` where Slack cannot be reached with what is set; tells what to get, and where."""
    if not any(_slack_secrets(settings)):
        raise FirstRunError(FIRST_RUN)
    for sentence in (_find_mixed_up(settings), _find_half_app(settings), _find_missing(settings)):
        if sentence:
            raise SettingsError(sentence)


def _slack_secrets(settings: Settings) -> tuple[str, ...]:
    held = (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret)
    app = (settings.slack_client_id, settings.slack_client_secret.get_secret_value())
    return (*(it.get_secret_value() for it in held), *app)


def _find_mixed_up(settings: Settings) -> str:
    """Slack's secrets tell by their beginnings what they are."""
    bot, app, signing, _, client_secret = _slack_secrets(settings)
    if bot.startswith("xoxe."):
        return (
            "SLACK_BOT_TOKEN is one of those that expire after twelve hours (xoxe.…). Let workspaces install the app "
            "instead: set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, and open /slack/install."
        )
    if bot and not bot.startswith("xoxb-"):
        return "SLACK_BOT_TOKEN does not begin with xoxb-. Copy OAuth & Permissions → Bot User OAuth Token."
    if app and not app.startswith("xapp-"):
        return (
            "SLACK_APP_TOKEN is not an app-level token, which begins with xapp-. Generate one under Basic Information → "
            "App-Level Tokens with the scope connections:write."
        )
    for name, secret in (("SLACK_SIGNING_SECRET", signing), ("SLACK_CLIENT_SECRET", client_secret)):
        if secret.startswith(("xoxb-", "xapp-", "xoxp-", "xoxe")):
            return f"{name} holds a token. Copy the right one from Basic Information → App Credentials."
    return ""


def _find_half_app(settings: Settings) -> str:
    *_, client_id, client_secret = _slack_secrets(settings)
    if bool(client_id) == bool(client_secret):
        return ""
    missing, given = "SLACK_CLIENT_SECRET", "SLACK_CLIENT_ID"
    if client_secret:
        missing, given = given, missing
    return (
        f"{given} is set, but {missing} is not. Both are under Basic Information → App Credentials; leave both out if "
        "workspaces are not to install the app by themselves."
    )


def _find_missing(settings: Settings) -> str:
    bot, app, signing, *_ = _slack_secrets(settings)
    if not bot and not settings.offers_install:
        return (
            "SLACK_BOT_TOKEN is not set. Create the app from deploy/slack-manifest.yaml at api.slack.com/apps, install "
            "it, and copy OAuth & Permissions → Bot User OAuth Token (it begins with xoxb-)."
        )
    if not app and not signing:
        return (
            "Neither SLACK_APP_TOKEN (Socket Mode: Basic Information → App-Level Tokens, scope connections:write, begins "
            "with xapp-) nor SLACK_SIGNING_SECRET (HTTP: Basic Information → App Credentials) is set. One is needed."
        )
    return ""


def require_keys(settings: Settings) -> None:
    """With a Redis of one's own, the keys that seal its records must be given too: refuses the start otherwise."""
    given = settings.cw_bot_encryption_keys.get_secret_value() or settings.cw_bot_encryption_keys_file
    if not settings.uses_embedded_store and not given:
        raise SettingsError(
            "REDIS_URL is set, but neither CW_BOT_ENCRYPTION_KEYS nor CW_BOT_ENCRYPTION_KEYS_FILE is. Make a key with "
            "`cw-bot keys generate` and keep it where your other secrets are: without it the records cannot be opened."
        )
