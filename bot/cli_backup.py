"""`cw-bot instances export|import`: a backup with the keys in it, sealed under a passphrase of its own."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.runtime.storage import Storage
    from bot.services.backup import Restored

PASSPHRASE_VARIABLE = "CW_BOT_BACKUP_PASSPHRASE"  # noqa: S105 - the variable's name


def register(instances: typer.Typer) -> None:
    """Add the commands to `cw-bot instances`."""
    instances.command("export")(export)
    instances.command("import")(import_)


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; it must not exist.")],
    team: Annotated[
        str, typer.Option("--team", help="The workspace's id (T…); may be left out if there is one.")
    ] = "",
) -> None:
    """Write a backup with the keys, sealed under a passphrase (asked for, or CW_BOT_BACKUP_PASSPHRASE)."""
    from bot.cli_store import with_storage
    from bot.vault.backup import seal_backup

    passphrase = _passphrase(confirm=True)

    async def work(storage: "Storage") -> int:
        from bot.cli_instances import find_team
        from bot.runtime.desk import record
        from bot.services.backup import pack
        from bot.store.instances import RedisInstances

        team_id = await find_team(storage, team)
        content, many = await pack(RedisInstances(storage.redis, storage.sealer), team_id)
        _write_private(output, seal_backup(content, passphrase))
        await record(storage, team_id, "export")
        return many

    typer.echo(f"{with_storage(work)} instances are in {output}. Keep it apart from its passphrase.")


def import_(
    source: Annotated[Path, typer.Argument(help="A backup of `cw-bot instances export`.", metavar="FILE")],
    team: Annotated[
        str, typer.Option("--team", help="Another workspace to put them into; their own if left out.")
    ] = "",
) -> None:
    """Put the instances of a backup back. What is there already is left as it is; it may be repeated."""
    from bot.cli_store import fail, with_storage
    from bot.vault.backup import open_backup

    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        fail(f"{source} cannot be read.")
    passphrase = _passphrase(confirm=False)

    async def work(storage: "Storage") -> "Restored":
        from bot.runtime.desk import record
        from bot.services.backup import restore, unpack
        from bot.store.instances import RedisInstances
        from bot.store.schedule import RedisSchedule

        backup = unpack(open_backup(text, passphrase))
        instances = RedisInstances(storage.redis, storage.sealer)
        schedule = RedisSchedule(storage.redis)
        result = await restore(instances, schedule, backup, at=datetime.now(UTC), team_id=team)
        for team_id in {team or it.team_id for it in backup}:
            await record(storage, team_id, "import")
        return result

    result = with_storage(work)
    typer.echo(f"Put back: {len(result.added)}. There already: {len(result.present)}.")
    for name in result.name_taken:
        typer.secho(f"Left out, for another instance has this name: {name}", fg=typer.colors.RED, err=True)
    if result.name_taken:
        raise typer.Exit(code=1)


def _passphrase(*, confirm: bool) -> str:
    """From the environment, else from a prompt that does not echo; never from an argument, which `ps` shows."""
    from bot.cli_store import fail
    from bot.vault.backup import SHORTEST_PASSPHRASE

    given = os.environ.get(PASSPHRASE_VARIABLE, "")
    passphrase = given or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
    if confirm and len(passphrase) < SHORTEST_PASSPHRASE:
        fail(f"A passphrase must have at least {SHORTEST_PASSPHRASE} characters.")
    return passphrase


def _write_private(path: Path, text: str) -> None:
    from bot.runtime.settings import SettingsError

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
