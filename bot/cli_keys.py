"""`cw-bot keys`: the encryption keys that seal what is kept in Redis: make one, see what each still holds, move on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.runtime.storage import Storage
    from bot.store.reseal import ResealSummary

keys = typer.Typer(help="The encryption keys that seal what is kept in Redis.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.add_typer(keys, name="keys")


@keys.command("generate")
def generate(
    key_id: Annotated[
        str, typer.Option("--id", help="The key's name; it stands in every record it seals.")
    ] = "",
) -> None:
    """Print a fresh key for CW_BOT_ENCRYPTION_KEYS, as id:base64."""
    from datetime import UTC, datetime

    from bot.cli_store import fail
    from bot.vault import KeyRingError, generate_key

    try:
        typer.echo(generate_key(key_id or f"k{datetime.now(UTC):%Y%m%d}"))
    except KeyRingError as error:
        fail(str(error))


@keys.command("list")
def list_keys() -> None:
    """Show each key and how many records it still holds. Exit 1 where a record's key is not given."""
    from bot.cli_store import with_storage

    if with_storage(_list, checks_keys=False):
        raise typer.Exit(code=1)


@keys.command("reseal")
def reseal() -> None:
    """Seal every record anew under the first key, while the bot runs; interrupted, it goes on where it was."""
    from bot.cli_store import with_storage

    if with_storage(_reseal, checks_keys=False):
        raise typer.Exit(code=1)


async def _list(storage: "Storage") -> bool:
    from rich.table import Table

    from bot.cli_store import show
    from bot.store.key_checks import RedisKeyChecks
    from bot.store.reseal import RedisReseal

    counts = await RedisReseal(storage.redis, storage.sealer).count_by_key()
    remembered = await RedisKeyChecks(storage.redis).compare({})
    given = storage.keyring.check_values()
    changed = set((await RedisKeyChecks(storage.redis).compare(given)).changed)
    table = Table("Key", "Role", "Check value", "Records")
    known = [*given, *sorted({*remembered.missing, *counts} - set(given))]
    for key_id in known:
        role = _role(key_id, given, changed, storage.keyring.primary.id)
        table.add_row(key_id or "(damaged)", role, given.get(key_id, ""), str(counts.get(key_id, 0)))
    show(table)
    return bool(changed) or any(counts.get(it) for it in known if it not in given)


def _role(key_id: str, given: Mapping[str, str], changed: set[str], primary: str) -> str:
    if key_id in changed:
        return "not the key that sealed here"
    if key_id not in given:
        return "not given" if key_id else "no envelope"
    return "seals and opens" if key_id == primary else "opens"


async def _reseal(storage: "Storage") -> bool:
    from bot.runtime.settings import SettingsError
    from bot.store.key_checks import RedisKeyChecks
    from bot.store.reseal import RedisReseal

    checks = RedisKeyChecks(storage.redis)
    primary = storage.keyring.primary
    if (await checks.compare(storage.keyring.check_values())).changed:
        raise SettingsError("A key that is given is not the one that sealed here; see `cw-bot keys list`.")
    # From here on this key may not be dropped unnoticed, should the run be interrupted.
    await checks.remember({primary.id: primary.check_value})
    work = RedisReseal(storage.redis, storage.sealer)
    with _progress(f"Sealing under {primary.id}") as progress:
        summary = await work.run(progress)
    counts = await work.count_by_key()
    for key_id in (await checks.compare({primary.id: primary.check_value})).missing:
        if not counts.get(key_id):
            await checks.forget(key_id)
    return _tell(summary, counts, primary.id)


@contextmanager
def _progress(title: str) -> "Iterator[Callable[[int, int], None]]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _tell_tenths(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _tell_tenths(title: str) -> "Callable[[int, int], None]":
    """For a log: a line for each tenth of the way."""

    def advance(done: int, total: int) -> None:
        if done * 10 // total > (done - 1) * 10 // total:
            typer.echo(f"{title}: {done} of {total}", err=True)

    return advance


def _tell(summary: "ResealSummary", counts: Mapping[str, int], primary: str) -> bool:
    typer.echo(f"Sealed anew: {summary.resealed}. Under {primary} already: {summary.current}.")
    for name in summary.damaged:
        typer.secho(f"Does not open with any key that is given: {name}", fg=typer.colors.RED, err=True)
    left = {it: many for it, many in counts.items() if it != primary}
    for key_id, many in sorted(left.items()):
        typer.secho(
            f"{many} records are still under {key_id or 'no key at all'}: keep it.",
            fg=typer.colors.RED,
            err=True,
        )
    if not left:
        typer.echo(f"No other key holds anything now: drop them, once every bot runs with {primary} first.")
    return bool(left)
