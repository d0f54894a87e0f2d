"""The guide, step by step, in our words and with ConnectWise's own menu names in bold.

Sources: the vendor's menus as its documentation names them; limits of the forms (role ID 30 characters, member ID 15,
member name 30).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.catalogue import Who
from bot.domain.onboarding import Onboarding, Owner, StepName
from handlers.blocks import kit


@dataclass(frozen=True, slots=True)
class StepText:
    """A step's words: its title, the next action in half a sentence, and the instructions.

    `mend` is the next action when a check has found something wrong.
    """

    title: str
    next_action: str
    lines: tuple[str, ...]
    mend: str = ""

    @property
    def mend_action(self) -> str:
        """The next action where a check has found something wrong with the step."""
        return self.mend or self.next_action


OWNER_NAMES = {
    Owner.ADMIN: "the ConnectWise admin",
    Owner.ENGINEER: "whoever runs the setup",
    Owner.BOT: "me",
}

# Whose move it is when a check has failed, by the catalogue's word.
MOVERS: Mapping[Who, str] = {
    "you": OWNER_NAMES[Owner.ENGINEER],
    "admin": OWNER_NAMES[Owner.ADMIN],
    "network": "whoever runs the network",
    "nobody": "me",
}


def step_text(name: StepName, onboarding: Onboarding, *, integration: str) -> StepText:
    """The words of one step for this onboarding."""
    app = kit.typed(integration)
    values = {
        "app": app,
        "role": f"`{app} API`",
        "member": f"`{app}`",
        "key": f"`{app} API`",
        "host": kit.code(onboarding.web_host or onboarding.host),
        "api_host": kit.code(onboarding.host),
        "company": kit.code(onboarding.company),
        "name": kit.typed(onboarding.name),
    }
    text = _STEPS[name]
    return StepText(
        title=text.title.format(**values),
        next_action=text.next_action.format(**values),
        lines=tuple(line.format(**values) for line in text.lines),
        mend=text.mend.format(**values),
    )


_STEPS: dict[StepName, StepText] = {
    StepName.ROLE: StepText(
        title="Security role",
        next_action="create the security role {role}",
        mend="set what is missing in the security role {role}, then press *Check now*",
        lines=(
            "1.  In ConnectWise open *System → Security Roles* and press *+* at the top left.",
            "2.  *Role ID* {role}, then *Save*.",
            (
                "3.  Set the levels below, module by module, in the order of ConnectWise's grid. "
                "Whatever is not listed stays *None*."
            ),
            "4.  *Save*. The API cannot set levels, so somebody has to click them; I check them afterwards.",
        ),
    ),
    StepName.MEMBER: StepText(
        title="API member",
        next_action="create the API member {member}",
        mend="mend the API member: its message says what",
        lines=(
            "1.  *System → Members*, tab *API Members*, then *+*.",
            "2.  *Member ID* and *Member Name* {member}, *Role ID* {role}.",
            (
                "3.  *Level*: the highest, such as _Corporate (Level 1)_, and as *Name* the structure entry to it. "
                "A lower level hides companies without a word."
            ),
            "4.  *Location*, *Department* and *Default Territory* as your company does it; *Time Zone* is required too.",
            "5.  Leave *Restrict Board Access* empty: it hides boards without a word.",
            "6.  *Save*. An API member uses no user licence.",
        ),
    ),
    StepName.KEYS: StepText(
        title="API keys",
        next_action="create the API keys",
        mend="make a fresh pair of API keys",
        lines=(
            "1.  Open the API member, tab *API Keys*, then *+*.",
            "2.  *Description* {key}, then *Save*, not _Save & Close_: the private key is shown this once only.",
            "3.  Leave the page open until both keys are in my form. Lost it? Delete the key and add another.",
        ),
    ),
    StepName.DETAILS: StepText(
        title="Details entered",
        next_action="press *Enter API keys* and paste both keys",
        lines=(
            (
                "*Enter API keys* opens a form for the API member ID and both keys. They are sealed before anything else "
                "happens, and never shown in this channel."
            ),
        ),
    ),
    StepName.VERIFIED: StepText(
        title="Verified",
        next_action="wait a moment: I'm checking",
        lines=(
            "I check name, connection, certificate, company, keys, API member, role and filter against {api_host}.",
        ),
    ),
    StepName.INTEGRATION: StepText(
        title="Configured in {app}",
        next_action="enter the same details in {app}",
        lines=(
            (
                "1.  In {app} open *Marketplace → Integrations* (older: _Configuration → Integrations_) and choose "
                "*ConnectWise PSA* (older: _ConnectWise Manage_)."
            ),
            (
                "2.  Hostname {host}, company ID {company}, the API member's ID and the same two keys; then "
                "*Save Configuration*."
            ),
            "3.  A 403 in a workflow later means role levels: mend the role, then authorize again.",
        ),
    ),
    StepName.ORGANIZATIONS: StepText(
        title="Organizations mapped",
        next_action="map the organizations in {app}",
        lines=(
            "1.  In the integration's organization mapping press *Refresh Options*, then *Suggest Values*.",
            "2.  Go through *all* pages (10 rows each), then *Save Mappings*.",
            "3.  Try it: a workflow with the one action *List Companies*.",
        ),
    ),
    StepName.VARIABLES: StepText(
        title="Organization variables",
        next_action="choose the organization variables and enter them in {app}",
        lines=(
            (
                "1.  *Choose variables* offers ConnectWise's own lists: the default board and its statuses, priority, "
                "work role, work type, default technician and the rest. I check that they go together, and print the ids."
            ),
            "2.  In {app} open *Configure Organization Variables* and paste them from here.",
        ),
    ),
}
