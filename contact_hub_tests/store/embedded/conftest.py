"""Homes, new and used, and users of their servers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contact_hub_tests.store.embedded.homes import REPOSITORY, User, forget


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
    """A home that was never used."""
    home = tmp_path / "home"
    yield home
    forget(home)
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture(scope="session")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("used") / "home"
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def home(used_home: Path) -> Iterator[Path]:
    """A home that other tests used before, because making a database takes as long as the rest of a test."""
    yield used_home
    forget(used_home)


@pytest.fixture
def start_user() -> Iterator[Callable[..., User]]:
    started: list[User] = []

    def start(home: Path, *sql: str, prefix: tuple[str, ...] = (), **environment: str) -> User:
        command = [*prefix, sys.executable, "-m", "contact_hub_tests.store.embedded.server_user", str(home), *sql]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY, env={**os.environ, **environment}
        )
        started.append(User(process))
        return started[-1]

    yield start
    for user in started:
        user.kill()
