"""The installation's secret: where it comes from, that there is one only, and that nobody else reads it."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from contact_hub.errors import ConfigurationError
from contact_hub.store.installation_secret import FILE_NAME, SECRET, check_value, installation_secret

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def no_secret_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)


def test_is_made_once_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    secret = installation_secret(home)
    assert len(secret) == 32
    assert installation_secret(home) == secret
    assert [path.name for path in home.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((home / FILE_NAME).stat().st_mode) == 0o600
    assert installation_secret(tmp_path / "another") != secret


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = installation_secret(tmp_path)
    monkeypatch.setenv(SECRET, "sixteen-letters!")
    assert installation_secret(tmp_path) == b"sixteen-letters!"
    monkeypatch.setenv(SECRET, "")
    assert installation_secret(tmp_path) == kept


def test_too_short_is_refused_without_being_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "fifteen-letters")
    with pytest.raises(ConfigurationError, match="16 characters") as raised:
        installation_secret(tmp_path)
    assert "fifteen" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damaged", ["", "abc", "zz" * 32, "ab" * 31, "ab" * 33, "\xff" * 64])
def test_a_damaged_file_is_never_replaced(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(damaged.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=FILE_NAME) as raised:
        installation_secret(tmp_path)
    assert damaged == "" or damaged not in str(raised.value)
    assert path.read_bytes() == damaged.encode("latin-1")


def test_processes_at_once_agree(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from contact_hub.store.installation_secret import check_value, installation_secret\n"
        "sys.stdin.read(); print(check_value(installation_secret(Path(sys.argv[1]))))"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY) for _ in range(8)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert said == {check_value(installation_secret(tmp_path)) + "\n"}
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_check_value_tells_secrets_apart_and_nothing_else() -> None:
    assert check_value(b"a" * 32) == check_value(b"a" * 32)
    assert check_value(b"a" * 32) != check_value(b"b" * 32)
    assert len(check_value(b"a" * 32)) == 16
