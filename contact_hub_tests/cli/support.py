"""A command as an operator types it, in this process."""

import sys
from dataclasses import dataclass
from typing import Any

import pytest

from contact_hub.cli import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.splitlines()[-1]

    @property
    def words(self) -> str:
        """What was printed, without the table's lines."""
        return " ".join(self.out.split())


class Terminal:
    """Runs commands and keeps what they say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd
        monkeypatch.setenv("COLUMNS", "250")

    def run(self, *arguments: Any) -> Done:
        self._capfd.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["contact-hub", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        out, err = self._capfd.readouterr()
        return Done(code if isinstance(code, int) else 0, out, err)

    def good(self, *arguments: Any) -> Done:
        done = self.run(*arguments)
        assert done.code == 0, done.err
        return done

    def bad(self, *arguments: Any) -> str:
        """The one line that says what is wrong."""
        done = self.run(*arguments)
        assert done.code != 0
        assert done.out == ""
        lines = [line for line in done.err.splitlines() if line.strip()]
        assert "Traceback" not in done.err
        assert lines[-1].startswith("error: "), lines
        return lines[-1]
