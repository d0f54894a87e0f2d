"""Who and what is in the sandbox's workspace to begin with."""

from typing import TYPE_CHECKING

from bot.sandbox.slack.model import Channel, Command, Message, Team, User

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import SlackWorkspace

COMMANDS = (
    Command("/cw-setup", "Connect ConnectWise Manage", "[help]"),
    Command("/cw-status", "What works, what does not, and what to click", "[instance name | all | help]"),
)
SCOPES = ("commands", "chat:write", "users:read")
EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "tokens_revoked",
    "member_joined_channel",
    "channel_archive",
    "channel_unarchive",
    "channel_rename",
)

HOME_TEAM = Team("T0NORTHWND", "Northwind IT", "northwind-it")
OTHER_TEAM = Team("T0CONTOSO1", "Contoso Ltd", "contoso")

_PEOPLE = (
    User("U0ADA00001", "ada", "Ada Berg", "Head of operations", "owner", HOME_TEAM.id, "8a5cd1"),
    User("U0BEN00001", "ben", "Ben Okafor", "ConnectWise admin", "admin", HOME_TEAM.id, "c2632b"),
    User("U0CLEO0001", "cleo", "Cleo Marsh", "Automation engineer", "member", HOME_TEAM.id, "2f7fb3"),
    User("U0DAN00001", "dan", "Dan Rossi", "Service desk", "member", HOME_TEAM.id, "4c9141"),
    User("U0GUS00001", "gus", "Gus Lind", "Consultant", "guest", HOME_TEAM.id, "a8822a"),
    User("U0SOL00001", "sol", "Sol Vega", "Auditor", "single_channel_guest", HOME_TEAM.id, "6d6f76"),
    User("USLACKBOT", "slackbot", "Slackbot", "", "bot", HOME_TEAM.id, "757575"),
    User("U0EVE00001", "eve", "Eve Tan", "IT manager", "stranger", OTHER_TEAM.id, "b3446c"),
)


def populate(workspace: "SlackWorkspace") -> Team:
    """The team, its people and channels, and the app installed; gives the team."""
    workspace.teams |= {HOME_TEAM.id: HOME_TEAM, OTHER_TEAM.id: OTHER_TEAM}
    workspace.users |= {
        user.id: User(**vars(user))  # a copy: tests change people
        for user in _PEOPLE
    }
    bot = workspace.install(HOME_TEAM.id).bot_user_id
    staff = {"U0ADA00001", "U0BEN00001", "U0CLEO0001", "U0DAN00001"}
    guests = {"U0GUS00001", "U0SOL00001"}
    own = (HOME_TEAM.id,)
    for channel in (
        Channel("C0GENERAL1", "general", own, set(staff), "Company-wide", is_general=True),
        Channel("C0PSASETUP", "psa-setup", own, staff | {"U0GUS00001", bot}, "Connecting ConnectWise"),
        Channel("C0HELPDESK", "helpdesk", own, staff | guests, "Tickets, mostly"),
        Channel("C0OPSROOM1", "ops-room", own, {"U0ADA00001", "U0BEN00001", bot}, is_private=True),
        Channel("C0SECRET01", "project-heron", own, {"U0ADA00001", "U0CLEO0001"}, is_private=True),
        Channel(
            "C0CONTOSO1",
            "ext-contoso",
            (HOME_TEAM.id, OTHER_TEAM.id),
            {"U0ADA00001", "U0CLEO0001", "U0EVE00001", bot},
            "Shared with Contoso Ltd",
        ),
        Channel("C0OLDSTUFF", "old-migration", own, {"U0ADA00001", bot}, is_archived=True),
        Channel("C0NEWSONLY", "announcements", own, staff | {bot}, "Admins post here", posting="admins"),
    ):
        workspace.channels[channel.id] = channel
    workspace.usergroups["S0PSATEAM1"] = ["U0BEN00001", "U0CLEO0001"]
    return HOME_TEAM


def populate_second(workspace: "SlackWorkspace", team: Team) -> None:
    """An owner, a member and two channels for another team; `installed` bots are not in them yet."""
    workspace.teams[team.id] = team
    owner = User(workspace.new_id("U"), f"{team.domain}-owner", "Olga Owner", "Owner", "owner", team.id)
    member = User(workspace.new_id("U"), f"{team.domain}-member", "Max Member", "Engineer", "member", team.id)
    workspace.users |= {owner.id: owner, member.id: member}
    for name in ("general", "setup"):
        channel = Channel(
            workspace.new_id("C"),
            f"{team.domain}-{name}",
            (team.id,),
            {owner.id, member.id},
            is_general=name == "general",
        )
        workspace.channels[channel.id] = channel


def greet(workspace: "SlackWorkspace") -> None:
    """A few messages, so that the channels do not look deserted."""
    for user_id, channel_id, text in (
        ("U0ADA00001", "C0PSASETUP", "Let us get ConnectWise connected this week."),
        ("U0BEN00001", "C0PSASETUP", "I have admin rights there. What do you need from me?"),
        ("U0CLEO0001", "C0HELPDESK", "Ticket sync goes live once the integration is in place."),
    ):
        workspace.post(Message(workspace.new_ts(), channel_id, user_id, text))
