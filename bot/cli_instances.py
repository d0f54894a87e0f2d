"""`cw-bot instances`: what is connected, seen from the machine: list, audit, remove, purge. No key is ever shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_backup

if TYPE_CHECKING:
    from bot.domain.instance import Instance
    from bot.runtime.storage import Storage

instances = typer.Typer(
    help="The connected ConnectWise instances, seen from the machine.", no_args_is_help=True
)
Team = Annotated[
    str, typer.Option("--team", help="The workspace's id (T…); may be left out if there is one.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    cli_backup.register(instances)
    app.add_typer(instances, name="instances")


@instances.command("list")
def list_instances(team: Team = "") -> None:
    """Show every instance of every workspace, or of one."""
    from bot.cli_store import show, with_storage

    async def work(storage: "Storage") -> bool:
        from rich.table import Table

        table = Table("Workspace", "Name", "Id", "Host", "Company", "Standing", "Keys entered", "Last check")
        damaged = False
        for team_id in [team] if team else await _teams(storage):
            rows, broken = await _rows(storage, team_id)
            damaged = damaged or broken
            for row in rows:
                table.add_row(team_id, *row)
        show(table)
        return damaged

    if with_storage(work):
        raise typer.Exit(code=1)


@instances.command("audit")
def audit(
    team: Team = "",
    limit: Annotated[int, typer.Option(help="How many entries, the newest first.", min=1, max=10_000)] = 50,
) -> None:
    """Show who did what."""
    from bot.cli_store import show, with_storage

    async def work(storage: "Storage") -> None:
        from rich.table import Table

        from bot.services.audit import AuditService
        from bot.store.audit import RedisAudit

        table = Table("When", "Who", "What", "About", "Outcome")
        for deed in await AuditService(RedisAudit(storage.redis)).read(await find_team(storage, team), limit):
            when = deed.at.isoformat(timespec="seconds") if deed.at else ""
            table.add_row(when, deed.by, f"{deed.what} ({deed.action})", deed.subject, deed.outcome)
        show(table)

    with_storage(work)


@instances.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The instance's name or id.")],
    team: Team = "",
    successor: Annotated[
        str, typer.Option("--default", help="The name of the next default, where the default is removed.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy an instance and its keys. The running bot closes its thread."""
    from bot.cli_store import fail, with_storage

    if not yes and typer.prompt("Type the name again to destroy it and its keys") != name:
        fail("That is another name: nothing was removed.")

    async def work(storage: "Storage") -> str:
        return await _remove(storage, await find_team(storage, team), name, successor)

    typer.echo(f"{with_storage(work)} is removed; its keys are destroyed.")


@instances.command("purge")
def purge(
    team: Annotated[str, typer.Argument(help="The workspace's id (T…).")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy everything that is kept of a workspace: for one that left while no bot ran."""
    from bot.cli_store import fail, with_storage

    if not yes and typer.prompt(f"Type {team} again to destroy everything of it") != team:
        fail("That is another id: nothing was destroyed.")

    async def work(storage: "Storage") -> int:
        from bot.store.purge import RedisPurge

        return await RedisPurge(storage.redis).purge_team(team)

    typer.echo(f"Destroyed: {with_storage(work, checks_keys=False)} keys and jobs of {team}.")


async def _teams(storage: "Storage") -> list[str]:
    from bot.store import keys
    from bot.store.scan import scan_keys

    found = {keys.team_of(key) async for key in scan_keys(storage.redis, keys.every_team("instances"))}
    return sorted(found)


async def find_team(storage: "Storage", wanted: str) -> str:
    """The workspace that is meant. Raises `SettingsError` where that cannot be told."""
    from bot.runtime.settings import SettingsError

    if wanted:
        return wanted
    teams = await _teams(storage)
    if len(teams) == 1:
        return teams[0]
    known = f"There are: {', '.join(teams)}." if teams else "There is none with an instance."
    raise SettingsError(f"Say which workspace, with --team. {known}")


async def _rows(storage: "Storage", team_id: str) -> tuple[list[Sequence[str]], bool]:
    """The table's rows, and whether a record does not open."""
    from bot.domain.errors import SealError
    from bot.store.instances import RedisInstances

    records = RedisInstances(storage.redis, storage.sealer)
    rows: list[Sequence[str]] = []
    damaged = False
    for instance_id, label in sorted((await records.names(team_id)).items(), key=lambda it: it[1]):
        try:
            instance = await records.get(team_id, instance_id)
        except SealError:
            rows.append((label, instance_id, "", "", "does not open", "", ""))
            damaged = True
        else:
            if instance is not None:
                rows.append(_row(instance))
    return rows, damaged


def _row(instance: "Instance") -> Sequence[str]:
    entered = instance.keys_entered_at
    checked = instance.report.checked_at if instance.report else None
    return (
        instance.name + (" (default)" if instance.is_default else ""),
        instance.id,
        instance.host,
        instance.company,
        instance.standing.value,
        f"{entered:%Y-%m-%d} by {instance.keys_entered_by}" if entered else "",
        f"{checked:%Y-%m-%d %H:%M}" if checked else "",
    )


async def _remove(storage: "Storage", team_id: str, name: str, successor: str) -> str:
    from bot.domain.errors import CwBotError
    from bot.runtime.desk import record, remove_instance
    from bot.runtime.settings import SettingsError
    from bot.store.instances import RedisInstances

    records = RedisInstances(storage.redis, storage.sealer)
    found = await records.by_name(team_id, name) or await records.get(team_id, name)
    if found is None:
        raise CwBotError("instance_gone")
    following = await records.by_name(team_id, successor) if successor else None
    if not await remove_instance(
        storage, team_id, found.id, name=found.name, successor=following.id if following else ""
    ):
        raise SettingsError(f"{found.name} is the default: name the next one with --default.")
    await record(storage, team_id, "remove", found.id)
    return found.name
