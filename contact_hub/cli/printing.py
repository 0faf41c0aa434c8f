"""What commands say: reports to stdout, progress and errors to stderr, so that output can be piped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

out = Console()
err = Console(stderr=True)

_COLUMNS = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def say_error(message: str) -> None:
    err.print(Text("error: ", style="red").append(message, style="default"), soft_wrap=True)


def say_note(message: str) -> None:
    err.print(Text("note: ", style="yellow").append(message, style="default"), soft_wrap=True)


@contextmanager
def page_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar a resource, filled as its pages arrive."""
    with Progress(*_COLUMNS, console=err, transient=True) as progress:
        tasks: dict[str, int] = {}

        def on_page(resource: str, received: int, expected: int) -> None:
            if resource not in tasks:
                tasks[resource] = progress.add_task(resource.replace("_", " "))
            progress.update(tasks[resource], completed=received, total=expected)  # type: ignore[arg-type]

        yield on_page


@contextmanager
def count_progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """One bar; what is given is called once for each that is done."""
    with Progress(*_COLUMNS, console=err, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
