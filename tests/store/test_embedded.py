import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.store import server_binary
from bot.store.connection import close, connect
from bot.store.embedded import EmbeddedRedis, EmbeddedRedisError
from bot.store.local_key import ensure_local_key
from bot.store.server_binary import find_server
from bot.vault import KeyRing


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def find_append_only_file(folder: Path) -> Path:
    """The file that holds the commands, whatever this server's version calls it."""
    return max(folder.rglob("*.aof*"), key=lambda path: path.is_file() and path.stat().st_size)


async def write(server: EmbeddedRedis, value: str) -> None:
    client = connect(server.url)
    try:
        await client.set("kept", value)
    finally:
        await close(client)


async def read(server: EmbeddedRedis) -> object:
    client = connect(server.url)
    try:
        return await client.get("kept")
    finally:
        await close(client)


async def test_what_was_written_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as server:
        await write(server, "a")
    async with EmbeddedRedis(tmp_path) as server:
        assert await read(server) == b"a"


async def test_what_was_written_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.start()
    await write(server, "a")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()
    async with EmbeddedRedis(tmp_path) as again:
        assert await read(again) == b"a"


async def test_stopping_ends_the_server_and_may_be_repeated(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.start()
    pid = server.pid
    assert pid is not None
    await server.start()
    assert server.pid == pid
    await server.stop()
    await server.stop()
    assert not is_alive(pid)
    assert server.pid is None


async def test_a_second_bot_on_the_same_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as first:
        await write(first, "a")
        with pytest.raises(EmbeddedRedisError, match="Another bot is running"):
            await EmbeddedRedis(tmp_path).start()
        assert await read(first) == b"a"


async def test_two_bots_on_two_directories_do_not_meet(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path / "a") as one, EmbeddedRedis(tmp_path / "b") as other:
        await write(one, "a")
        assert await read(other) is None


BOT = """
import asyncio, pathlib, sys
from bot.store.connection import connect
from bot.store.embedded import EmbeddedRedis

async def run():
    server = EmbeddedRedis(pathlib.Path(sys.argv[1]))
    await server.start()
    await connect(server.url).set("kept", "a")
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(run())
"""


async def test_a_server_that_outlived_its_killed_bot_is_ended_and_its_data_kept(tmp_path: Path) -> None:
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert bot.stdout is not None
    leftover = int(await bot.stdout.readline())
    bot.kill()
    await bot.communicate()
    assert is_alive(leftover)
    async with EmbeddedRedis(tmp_path) as server:
        assert server.pid != leftover
        assert await read(server) == b"a"


async def test_the_data_is_reachable_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    async with EmbeddedRedis(folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "redis.sock").stat().st_mode) == 0o700


async def test_the_server_opens_no_port_and_never_throws_records_away(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as server:
        client = connect(server.url)
        wanted = {
            "port": "0",
            "maxmemory-policy": "noeviction",
            "appendonly": "yes",
            "appendfsync": "everysec",
        }
        found = {name: (await client.config_get(name))[name] for name in wanted}
        await close(client)
    assert found == wanted


async def test_a_path_too_long_for_a_socket_is_reached_by_a_shortcut_that_goes_away(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 60) / ("y" * 60)
    server = EmbeddedRedis(folder)
    await server.start()
    shortcut = Path(server.url.removeprefix("unix://")).parent
    assert len(server.url) < 100
    assert shortcut.resolve() == folder
    assert stat.S_IMODE(shortcut.parent.stat().st_mode) == 0o700
    await write(server, "a")
    await server.stop()
    assert not shortcut.parent.exists()
    assert (folder / "appendonlydir").exists() or (folder / "appendonly.aof").exists()


async def test_a_directory_that_cannot_be_one_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedRedisError, match="file"):
        await EmbeddedRedis(tmp_path / "file").start()


async def test_a_server_that_ends_at_once_is_told_with_its_last_words_and_frees_the_directory(
    tmp_path: Path,
) -> None:
    async with EmbeddedRedis(tmp_path) as server:
        await write(server, "a")
    damaged = find_append_only_file(tmp_path)
    whole = damaged.read_bytes()
    damaged.write_bytes(b"*1\r\n$4\r\njunk" + whole)
    with pytest.raises(EmbeddedRedisError, match="ended at once"):
        await EmbeddedRedis(tmp_path).start()
    damaged.write_bytes(whole)
    async with EmbeddedRedis(tmp_path) as server:
        assert await read(server) == b"a"


def test_the_server_of_the_wheel_runs_where_none_is_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = find_server(tmp_path)
    answer = subprocess.run((found, "--version"), capture_output=True, text=True, check=True)
    assert "alkey" in answer.stdout or "edis" in answer.stdout


async def test_the_server_of_the_wheel_reads_what_another_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with EmbeddedRedis(tmp_path) as server:
        await write(server, "a")
    monkeypatch.setattr("shutil.which", lambda _: None)
    async with EmbeddedRedis(tmp_path) as server:
        assert await read(server) == b"a"
        await write(server, "b")
    monkeypatch.undo()
    async with EmbeddedRedis(tmp_path) as server:
        assert await read(server) == b"b"


@pytest.mark.parametrize("answer", ["Redis server v=6.0.16 sha=0", "Redis server v=5.0.7", "something else"])
def test_a_server_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    old = tmp_path / "redis-server"
    old.write_text(f"#!/bin/sh\necho '{answer}'\n")
    old.chmod(0o700)
    monkeypatch.setattr("shutil.which", lambda _: str(old))
    assert find_server(tmp_path) != old
    monkeypatch.setattr(server_binary, "_WHEELS", ())
    with pytest.raises(StoreError) as caught:
        find_server(tmp_path)
    assert caught.value.key == "no_server"


def test_a_server_without_its_executable_mark_is_made_runnable(tmp_path: Path) -> None:
    binary = tmp_path / "valkey-server"
    binary.write_text("#!/bin/sh\necho 'Valkey server v=9.1.2'\n")
    binary.chmod(0o644)
    assert server_binary._make_runnable(binary, tmp_path) == binary
    assert stat.S_IMODE(binary.stat().st_mode) == 0o755


def test_a_server_in_another_user_s_directory_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "valkey-server"
    binary.write_text("#!/bin/sh\necho 'Valkey server v=9.1.2'\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    change = Path.chmod

    def refuse(path: Path, mode: int) -> None:
        if path == binary:
            raise PermissionError
        change(path, mode)

    monkeypatch.setattr(Path, "chmod", refuse)
    copy = server_binary._make_runnable(binary, scratch)
    assert copy == scratch / "valkey-server"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700


def test_a_local_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = ensure_local_key(tmp_path / "new")
    content = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.from_file(path).ids == ("local",)
    assert ensure_local_key(tmp_path / "new") == path
    assert path.read_text() == content
    assert [it.name for it in path.parent.iterdir()] == ["encryption.keys"]


def test_of_two_that_make_a_local_key_at_once_both_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_local_key(tmp_path)
    content = first.read_text()
    # The second looked before the first had written.
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert ensure_local_key(tmp_path) == first
    assert first.read_text() == content
    assert [it.name for it in tmp_path.iterdir()] == ["encryption.keys"]
