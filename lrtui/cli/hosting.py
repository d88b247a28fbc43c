"""A worker in this process, or in a detached one: shown while it trains, and ended with its exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, NoReturn, Protocol, Self

import typer

if TYPE_CHECKING:
    from types import TracebackType

    from lrtui.engine.inbox import Inbox
    from lrtui.messages import Event
    from lrtui.runs.directory import RunDirectory

DETACH = "--detach"
DetachOption = Annotated[bool, typer.Option(DETACH, help="Train in a process of its own that outlives this terminal.")]


class Worker(Protocol):
    """The host of a run or of a sweep."""

    @property
    def run(self) -> RunDirectory: ...
    @property
    def inbox(self) -> Inbox: ...
    def events(self) -> Iterator[Event]: ...


class Shower(Protocol):
    """What shows the events of one: a `Console` or a `SweepConsole`."""

    def show(self, event: Event) -> None: ...
    def close(self, run: RunDirectory | None = None) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def host_here(make: Callable[[], Worker], as_json: bool, detach: bool) -> NoReturn:
    """Train a run here, show what happens, and end with its exit code; or have a detached worker train it."""

    def console() -> Shower:
        from lrtui.console import Console

        return Console(sys.stdout, json=as_json)

    _host(make, console, as_json, detach)


def sweep_here(make: Callable[[], Worker], as_json: bool, detach: bool) -> NoReturn:
    """The same for a sweep."""

    def console() -> Shower:
        from lrtui.console.sweep import SweepConsole

        return SweepConsole(sys.stdout, json=as_json)

    _host(make, console, as_json, detach)


def _host(make: Callable[[], Worker], console: Callable[[], Shower], as_json: bool, detach: bool) -> NoReturn:
    from lrtui.worker import detach as detached

    if detach:
        name = detached.spawn([argument for argument in sys.argv[1:] if argument != DETACH]).name
        typer.echo(f'{{"run": "{name}"}}' if as_json else f"{name} trains; follow it with: lrtui attach {name}")
        raise typer.Exit
    if detached.is_detached():
        host = make()
        detached.begun(host.run)
        last: Event | None = deque(host.events(), maxlen=1).pop()
    else:
        last = _train_here(make, console(), as_json)
    from lrtui.worker.signals import exit_code

    raise typer.Exit(exit_code(last))


def _shown(console: Shower, event: Event) -> str | None:
    """Show `event`; what ends the run where nobody can read it: its reader has gone, or the output takes no more."""
    try:
        console.show(event)
    except BrokenPipeError:
        return "SIGPIPE"
    except OSError as error:
        return "SIGHUP" if error.errno == errno.EIO else "output"  # a terminal that is gone; its signal may come later
    return None


def _drop_output() -> None:
    """Nobody reads what is said from now on, and taking the bar away must not fail for that."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _train_here(make: Callable[[], Worker], console: Shower, as_json: bool) -> Event | None:
    from lrtui.messages import Stop, Stopped

    last: Event | None = None
    with console:
        host, heard = make(), True
        for last in host.events():
            if heard and (cause := _shown(console, last)):
                heard = False
                _drop_output()
                host.inbox.put(Stop(), cause)
        if heard:
            console.close(host.run)
            if isinstance(last, Stopped) and not as_json:
                typer.echo(f"go on with: {last.resume}")  # again, where the charts have not scrolled it away
    return last
