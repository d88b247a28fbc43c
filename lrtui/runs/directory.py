"""Where a run lives and how it is found: the layout of `checkpoints/<run>/`, its names, and nothing outside the home.

Every path of a run is spelled here once. Names come from flags, sockets and other people's shells, so one rule decides
what a name is, and a path is accepted only where it leads to a run of this home.
"""

import difflib
import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lrtui.errors import DiskError, UsageError
from lrtui.printable import printable
from lrtui.runs.names import random_name

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
HOME_VARIABLE = "LRTUI_HOME"
_SEGMENT = re.compile(r"metrics-(\d{3,})\.jsonl")


def home(option: Path | str | None = None) -> Path:
    """The folder of corpora and checkpoints: `--home`, else LRTUI_HOME, else the current folder; absolute."""
    return Path(option or os.environ.get(HOME_VARIABLE) or ".").expanduser().absolute()


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The paths of one run. Making one touches no disk: use `create_run` and `open_run`."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def config_toml(self) -> Path:
        return self.path / "config.toml"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def samples(self) -> Path:
        return self.path / "samples.jsonl"

    @property
    def steps(self) -> Path:
        """The folder of checkpoints, one folder a step."""
        return self.path / "steps"

    @property
    def worker_log(self) -> Path:
        return self.path / "worker.log"

    @property
    def worker_lock(self) -> Path:
        return self.path / "worker.lock"

    def checkpoint(self, step: int) -> Path:
        """The folder of the checkpoint at `step`, whether it exists or not."""
        return self.steps / f"{step:09d}"

    @property
    def beginning(self) -> Path:
        """The folder of the first state of a run that began with another run's weights."""
        return self.path / "beginning"

    @property
    def control(self) -> Path:
        """The file that tells where the control socket of a live run is."""
        return self.path / "control.json"

    @property
    def undo(self) -> Path:
        """The folder of states before a change, one folder each."""
        return self.path / "undo"

    @property
    def sweep_json(self) -> Path:
        """What is tried, of a directory that is a sweep; no other has it."""
        return self.path / "sweep.json"

    @property
    def cut(self) -> Path:
        """The folder of the states of a sweep's lanes that were cut, one folder a step."""
        return self.path / "cut"

    def lane(self, lane: int) -> "RunDirectory":
        """The folder of one lane of a sweep: its metrics are where those of a run are."""
        return RunDirectory(self.path / "lanes" / f"{lane:03d}")

    def undo_state(self, step: int, entries: int) -> Path:
        """The folder of the state at `step` with `entries` ledger entries, whether it exists or not."""
        return self.undo / f"{step:09d}-{entries}"

    def metrics(self, segment: int) -> Path:
        return self.path / f"metrics-{segment:03d}.jsonl"

    def segments(self) -> list[int]:
        """The numbers of the metrics segments there are, ascending."""
        try:
            names = os.listdir(self.path)
        except FileNotFoundError:
            return []
        return sorted(int(match[1]) for name in names if (match := _SEGMENT.fullmatch(name)))


@contextmanager
def disk_errors(what: str, path: Path) -> Iterator[None]:
    """Turns an OSError inside into a DiskError that names `what` failed and where."""
    try:
        yield
    except OSError as error:
        raise disk_error(what, path, error) from error


def disk_error(what: str, path: Path, error: OSError) -> DiskError:
    """The sentence for an operating system's refusal: `cannot <what> <path>: <reason>`."""
    hints = {
        errno.ENOSPC: "The disk is full: free some space, `lrtui delete RUN` removes a run.",
        errno.EDQUOT: "Your quota on this disk is used up: free some space, `lrtui delete RUN` removes a run.",
        errno.EROFS: "The disk is read-only: choose another place with --home or LRTUI_HOME.",
        errno.EACCES: "You may not write there: choose another place with --home or LRTUI_HOME.",
    }
    return DiskError(f"cannot {what} {printable(str(path))}: {reason_text(error)}", hints.get(error.errno or 0, ""))


def reason_text(error: OSError) -> str:
    """What the operating system has against it, without the path."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


def sync_directory(path: Path) -> None:
    """fsyncs a directory, so that the names made in it survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def runs_folder(home: Path) -> Path:
    return home / "checkpoints"


def run_names(home: Path) -> list[str]:
    """The names of every run of this home, sorted. Anything that is no directory with a run's name is left out."""
    with disk_errors("read", runs_folder(home)):
        try:
            entries = list(os.scandir(runs_folder(home)))
        except FileNotFoundError:
            return []
    return sorted(e.name for e in entries if RUN_NAME.fullmatch(e.name) and e.is_dir(follow_symlinks=False))


def check_name(name: str) -> str:
    """`name` if it may name a run. Raises UsageError otherwise."""
    if not RUN_NAME.fullmatch(name):
        raise UsageError(
            f"{printable(name)!r} cannot name a run",
            "A name begins with a letter or digit and has up to 64 letters, digits, dots, underscores and hyphens.",
        )
    return name


def create_run(home: Path, name: str | None = None) -> RunDirectory:
    """A new, empty run directory; without `name` it gets one of its own, such as `quiet-otter`.

    Raises UsageError where the name is taken or cannot be one, DiskError where the home cannot be written.
    """
    folder = runs_folder(home)
    if name is not None:
        check_name(name)
    with disk_errors("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    if name is None:
        return _create_named_by_us(home)
    run = RunDirectory(folder / name)
    with disk_errors("create", run.path):
        try:
            run.path.mkdir()
        except FileExistsError:
            raise UsageError(
                f"there is a run named {name} already",
                f"Go on with it: `lrtui resume {name}`; or choose another name with --name.",
            ) from None
        sync_directory(folder)
    return run


def _create_named_by_us(home: Path) -> RunDirectory:
    folder = runs_folder(home)
    taken = frozenset(run_names(home))
    while True:
        run = RunDirectory(folder / random_name(taken))
        with disk_errors("create", run.path):
            try:
                run.path.mkdir()
            except FileExistsError:
                # Another process chose the same name a moment ago.
                taken |= {run.name}
                continue
            sync_directory(folder)
        return run


def open_run(home: Path, name_or_path: str | Path) -> RunDirectory:
    """The run of this home with that name, or at that path. Raises UsageError with the nearest names there are."""
    text = str(name_or_path)
    folder = runs_folder(home)
    name = text if RUN_NAME.fullmatch(text) else _name_from_path(folder, text)
    run = RunDirectory(folder / name)
    if run.path.is_symlink() or not run.path.is_dir():
        raise _unknown(home, text)
    return run


def _name_from_path(folder: Path, text: str) -> str:
    """The run's name where `text` is a path to a run inside `folder`; a way out by `..` or a link is refused."""
    try:
        path = Path(text).expanduser().resolve()
        inside = path.parent == folder.resolve()
    except (OSError, ValueError, RuntimeError):
        inside = False
    if not inside or not RUN_NAME.fullmatch(path.name):
        raise UsageError(
            f"{printable(text)!r} is not a run of {printable(str(folder.parent))}",
            "Give the name of a run (`lrtui runs` lists them), or choose its home with --home.",
        )
    return path.name


def _unknown(home: Path, name: str) -> UsageError:
    known = run_names(home)
    if not known:
        return UsageError(
            f"there is no run {printable(name)!r}: no run lives in {printable(str(home))}",
            "`lrtui run` starts one; --home or LRTUI_HOME name another home.",
        )
    lowered = {other.lower(): other for other in known}
    near = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "`lrtui runs` lists the runs of this home."
    return UsageError(f"there is no run {printable(name)!r} in {printable(str(home))}", hint)
