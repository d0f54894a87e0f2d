"""The wheel and the source distribution: what is in them, and that the product works where only they are."""

import json
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path, PurePosixPath

import pytest

from bot import __version__
from bot.sandbox.connectwise import ConnectWiseSite
from tests.deploy.places import ROOT
from tests.packaging.elsewhere import Elsewhere, settle
from tests.packaging.forbidden import EGG_INFO, FORBIDDEN

# One build and one environment for all of them.
pytestmark = pytest.mark.xdist_group("wheel")

_PARTS = (
    "bot",
    "handlers",
    "tests",
    "deploy",
    "requirements",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".env.example",
)
# What lies about in a working directory, and must not come along.
_SLIPS = (
    "bot/.env",
    "bot/store/left.pyc",
    "handlers/.cw-bot/encryption.keys",
    ".env",
    "bot/sandbox/page/debug.log",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions, the wheel made from the source distribution, out of a working directory in use."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    skipped = shutil.ignore_patterns("__pycache__", "screenshots", "secrets")
    for part in _PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part, ignore=skipped)
        else:
            shutil.copy(ROOT / part, source / part)
    for slip in _SLIPS:
        (source / slip).parent.mkdir(parents=True, exist_ok=True)
        (source / slip).write_text("a secret")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [found] = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    return settle(tmp_path_factory.mktemp("elsewhere"), wheel)


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [it for it in archive.namelist() if not it.endswith("/")]


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(f"cw_bot-{__version__}.dist-info/METADATA"))


def product() -> set[str]:
    """Every file of the product in the repository."""
    files = [it for part in ("bot", "handlers") for it in (ROOT / part).rglob("*") if it.is_file()]
    return {it.relative_to(ROOT).as_posix() for it in files if "__pycache__" not in it.parts}


def test_the_wheel_is_the_product_whole_and_nothing_else(wheel: Path) -> None:
    files = {it for it in names(wheel) if ".dist-info/" not in it}
    assert files == product()
    assert [it for it in files if FORBIDDEN.search(it)] == []


def test_the_wheel_is_typed_and_says_so(wheel: Path) -> None:
    assert {"bot/py.typed", "handlers/py.typed"} <= set(names(wheel))
    assert "Typing :: Typed" in (metadata(wheel).get_all("Classifier") or [])


def test_the_wheel_runs_on_every_python_that_it_names(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert wheel.name == f"cw_bot-{__version__}-py3-none-any.whl"
    assert metadata(wheel)["Requires-Python"] == project["requires-python"]
    classifiers = metadata(wheel).get_all("Classifier") or []
    assert {it.rpartition(" ")[2] for it in classifiers if "Python :: 3." in it} == {"3.11", "3.12", "3.13"}


def test_the_wheel_tells_who_may_use_it_and_what_it_is(wheel: Path) -> None:
    about = metadata(wheel)
    assert about["License-Expression"] == "MIT"
    assert f"cw_bot-{__version__}.dist-info/licenses/LICENSE" in names(wheel)
    assert "ConnectWise" in about["Summary"]
    assert "/cw-setup" in str(about.get_payload())


def test_the_source_distribution_is_sane(built: Path) -> None:
    [source] = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        paths = [PurePosixPath(it.name) for it in archive.getmembers() if it.isfile()]
        assert all(not it.name.startswith(("/", "..")) for it in archive.getmembers())
    inside = {str(it.relative_to(f"cw_bot-{__version__}")) for it in paths}
    assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= inside
    assert {it for it in inside if it.startswith(("bot/", "handlers/"))} == product()
    assert [it for it in inside if FORBIDDEN.search(it) and not EGG_INFO.search(it)] == []


async def test_it_says_its_version_elsewhere(elsewhere: Elsewhere) -> None:
    assert await elsewhere.run("cw-bot", "--version") == (0, f"cw-bot {__version__}\n", "")
    code, said, _ = await elsewhere.run(
        "python", "-c", "import bot, handlers; print(bot.__file__, handlers.__file__)"
    )
    assert code == 0
    assert all(it.startswith(str(elsewhere.environment)) for it in said.split())


async def test_it_plays_the_whole_journey_elsewhere(elsewhere: Elsewhere) -> None:
    code, said, complained = await elsewhere.run("cw-bot", "demo", "--script")
    assert (code, complained) == (0, "")
    assert "✓ The journey is complete" in said
    assert list(elsewhere.folder.iterdir()) == [], "nothing is left behind"


async def test_it_checks_a_connectwise_elsewhere(elsewhere: Elsewhere) -> None:
    async with ConnectWiseSite() as site:
        crib = site.crib()
        variables = {
            "CW_PUBLIC_KEY": crib["Public key"],
            "CW_PRIVATE_KEY": crib["Private key"],
            "CW_CLIENT_ID": crib["Client ID"],
            "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
            "CW_BOT_CA_BUNDLE": str(site.ca_path),
        }
        words = ("cw-bot", "check", "--site", site.host, "--company", crib["Company ID"], "--json")
        code, said, complained = await elsewhere.run(*words, "--member", crib["API member ID"], **variables)
        assert (code, json.loads(said)["outcome"], complained) == (0, "verified", "")
        code, said, _ = await elsewhere.run(*words, **{**variables, "CW_PRIVATE_KEY": "A1b2C3d4E5f6G7h8"})
        assert (code, json.loads(said)["outcome"]) == (1, "needs_you")


async def test_a_start_without_settings_is_a_sentence_elsewhere(elsewhere: Elsewhere) -> None:
    code, _, complained = await elsewhere.run("cw-bot", "run")
    assert code == 1
    assert "SLACK_BOT_TOKEN" in complained
    assert "Traceback" not in complained
