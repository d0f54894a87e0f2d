"""Stands in for programs that a test must not or cannot run: one file under many names, started by a runbook's shell.

Everything that is called is noted in $DOUBLES/calls. What can be done for real is: `kubectl kustomize`, making a Secret,
the image's command line.
"""

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ["DOUBLES"])


def main(name: str, words: list[str]) -> int:
    with (HOME / "calls").open("a") as calls:
        calls.write(json.dumps([name, *words]) + "\n")
    doing = {"systemctl": systemctl, "sudo": sudo, "install": install, "id": identify, "python3": python}
    doing |= {"git": git, "docker": docker, "kubectl": kubectl, "caddy": caddy}
    return doing[name](words) if name in doing else 0


def real(name: str) -> str:
    """The program itself, not this one."""
    path = os.pathsep.join(it for it in os.environ["PATH"].split(os.pathsep) if Path(it) != HOME / "bin")
    return shutil.which(name, path=path) or ""


def run(*command: str) -> int:
    return subprocess.run(command, check=False).returncode


def systemctl(words: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(str(HOME / "systemctl.sock"))
        channel.sendall(json.dumps(words).encode() + b"\n")
        answer = json.loads(channel.makefile().readline())
    print(answer["text"])
    return int(answer["code"])


def sudo(words: list[str]) -> int:
    """Gives the command a clean environment, as sudo does."""
    kept, user = ["PATH", "HOME", "DOUBLES"], "root"
    while words[0].startswith("-"):
        option = words.pop(0)
        if option == "-u":
            user = words.pop(0)
        elif option.startswith("--preserve-env="):
            kept += option.partition("=")[2].split(",")
        elif option == "--":
            break
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {"DOUBLE_USER": user}
    os.execvpe(words[0], words, environment)


def install(words: list[str]) -> int:
    """Without the owner: the users are not on this machine."""
    kept = [it for before, it in zip(["", *words], words, strict=False) if before not in ("-o", "-g")]
    return run(real("install"), *(it for it in kept if it not in ("-o", "-g")))


def identify(_: list[str]) -> int:
    print(os.environ.get("DOUBLE_USER", "somebody"))
    return 0


def python(words: list[str]) -> int:
    """A venv that finds its packages, pip too, in that of the tests: they count as installed; no registry is asked."""
    code = run((HOME / "python").read_text(), *words, *(["--without-pip"] if "venv" in words else []))
    folder = Path(words[-1])
    for packages in folder.glob("lib/python*/site-packages"):
        (packages / "tests.pth").write_text((HOME / "packages").read_text())
        pip = folder / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec {folder}/bin/python -m pip --disable-pip-version-check "$@"\n')
        pip.chmod(0o755)
    return code


def git(words: list[str]) -> int:
    """`pull` brings the next version."""
    if words[0] == "pull":
        path = Path("bot/__init__.py")
        path.write_text(re.sub(r'__version__ = "(.+)"', r'__version__ = "\1.post1"', path.read_text()))
    return 0


def docker(words: list[str]) -> int:
    for flag, file in itertools.pairwise(words):
        if flag == "-f" and not Path(file).is_file():
            return 14
    if words[0] == "run":
        return run(".venv/bin/cw-bot", *words[words.index("cw-bot:local") + 1 :])
    return 0


def kubectl(words: list[str]) -> int:
    if words[:1] == ["apply"] and "-k" in words and real("kubectl"):
        folder = words[words.index("-k") + 1]
        return subprocess.run(
            [real("kubectl"), "kustomize", folder], stdout=subprocess.DEVNULL, check=False
        ).returncode
    if words[:1] == ["apply"] and "-f" in words:
        (HOME / "applied.yaml").write_text(sys.stdin.read())
    elif words[:2] == ["create", "secret"] and real("kubectl"):
        return run(real("kubectl"), *words)
    return 0


def caddy(words: list[str]) -> int:
    return run(".venv/bin/caddy", *words) if Path(".venv/bin/caddy").exists() else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:]))
