"""The lines of the Sweep screen that are neither chart nor table: where the sweep is, what it waits for, its keys."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content

from lrtui.command_words import parse_command
from lrtui.errors import UsageError
from lrtui.lr.halving import check_rungs, default_rungs
from lrtui.messages import Prune
from lrtui.quantities import counted, duration_text, fine_rate, loss_text, speed_text
from lrtui.runs.catalog import model_label
from lrtui.runs.config_table import section
from lrtui.sweep_words import pruning_text
from lrtui.tui.keys import KEYS, key_of
from lrtui.tui.seeing import ENDED
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.widgets.figures import beside, figures_line
from lrtui.tui.widgets.headline import LONGEST_NAME, STYLES, Part, bar, count_text, device_text, fitted_line
from lrtui.tui.wrapping import cut

_BAR_CELLS = 10
_ALL = {key.id: key.label for key in KEYS if key.scope == "sweep" and key.label}
_STEERING = ("sweep_kill", "sweep_keep", "sweep_prune", "sweep_pause", "sweep_save")


def no_sweep_text(keymap: Mapping[str, str]) -> str:
    """What to press where no sweep is open."""
    new, sweep, runs = key_of("new", keymap), key_of("form_sweep", keymap), key_of("runs", keymap)
    return f"no sweep is open: {sweep} in the form of a new run ({new}) starts one, {runs} lists those there are"


def why_not(view: SweepView, keymap: Mapping[str, str]) -> str:
    """Why a key cannot command this sweep now, as a sentence; empty where it can."""
    resume = key_of("sweep_resume", keymap)
    match view.condition:
        case "opening":
            return f"{view.name} has not begun yet"
        case "finished":
            return f"{view.name} has finished: {key_of('sweep_promote', keymap)} makes a run of a lane"
        case "stopped":
            return f"{view.name} was stopped: {resume} goes on with it"
        case "crashed":
            return f"nobody trains {view.name}: {resume} resumes it"
        case "deleted":
            return f"{view.name} has been deleted"
        case _:
            return ""


def key_labels(view: SweepView | None, read_only: bool) -> dict[str, str]:
    """Id → label of the keys to name, in their order."""
    if view is None:
        return {}
    labels = {id: label for id, label in _ALL.items() if view.seeds > 1 or id != "sweep_rates"}
    if read_only or view.condition not in ("training", "paused"):
        labels = {id: label for id, label in labels.items() if id not in _STEERING}
        if read_only:
            labels.pop("sweep_promote")
        elif view.condition in ("stopped", "crashed"):
            labels = {"sweep_resume": "Resume", **labels}
    elif view.condition == "paused":
        labels["sweep_pause"] = "Continue"
    return labels


def headline(view: SweepView | None, width: int, read_only: bool = False) -> Content:
    """The line at `width` cells: what the sweep is on the left, how far it is on the right."""
    left: list[Part] = [("lrtui", "bold $text-primary", 1), *(_identity(view) if view else ())]
    right = _progress(view) if view else []
    if view and read_only:
        right.insert(0, ("read-only", "bold $text-warning", 9))
    return fitted_line(left, right, width)


def _identity(view: SweepView) -> list[Part]:
    started = view.history.started
    label = model_label(section(view.config, "model"))
    parts: list[Part] = [(cut(view.name, LONGEST_NAME), "bold", 10)]
    if started is not None:
        seeds = f" × {view.seeds} seeds" if view.seeds > 1 else ""
        parts.append((f"{counted(len(started.rates), 'rate')}{seeds}", "$text-muted", 6))
        parts.append((cut(label, LONGEST_NAME), "$text-muted", 5))
        parts.append((count_text(started.parameters), "$text-muted", 4))
        parts.append((device_text(started.fingerprint.get("device", "")), "$text-muted", 3))
    return [part for part in parts if part[0]]


def _progress(view: SweepView) -> list[Part]:
    style = STYLES[view.condition]
    parts: list[Part] = [(f"● {view.condition}", f"bold {style}", 10)]
    if not view.total:
        return parts
    share = min(1.0, view.step / view.total)
    if view.condition not in ENDED:
        parts.append((counted(view.left, "lane"), "", 6))
    parts.append((f"step {view.step:,}/{view.total:,}", "", 9))
    parts.append((bar(share, _BAR_CELLS), style, 2))
    parts.append((f"{share:.0%}", "", 6))
    if view.condition == "training":
        parts.append((f"{speed_text(view.speed)} it/s", "", 7))
        parts.append((f"ETA {duration_text(view.eta)}", "", 8))
    return parts


def figures(view: SweepView | None, host: str, width: int, asked: str, keymap: Mapping[str, str]) -> Content:
    """The line at `width` cells: the best lane so far, what was `asked` last or is waited for, and the machine."""
    numbers = _numbers(view) if view else []
    told = asked or (note(view, keymap) if view else "")
    # they give way to what was asked for a few seconds; the best rate stays beside what is waited for
    numbers = beside(numbers, told, width) or ([] if asked else numbers[:1])
    left = "  ".join(f"{label} {value}" for label, value in numbers)
    told = cut(told, max(0, width - cell_len(left) - 5))
    used = cell_len(left) + (cell_len(told) + 3 if told else 0)
    machine = (host, host.partition(" · ")[0])  # the worker's share is left out first
    right = next((part for part in machine if used + cell_len(part) + 4 <= width), "")
    return figures_line(numbers, told, "$text-warning" if asked else "", right, width)


def _numbers(view: SweepView) -> list[tuple[str, str]]:
    best = view.best
    if best is None:
        return [("best", "–")]
    return [("best lr", fine_rate(best.rate)), ("val", loss_text(best.val)), ("loss", loss_text(best.loss))]


def note(view: SweepView, keymap: Mapping[str, str]) -> str:
    """What the sweep waits for."""
    if view.condition == "paused":
        return f"paused: {key_of('sweep_pause', keymap)} goes on"
    if view.condition == "training":
        ahead = [rung for rung in view.history.rungs if rung > view.step]
        return pruning_text(view.history.eta, ahead)
    if view.condition == "opening":
        return "waiting for the first step"
    return why_not(view, keymap)


# -- pruning ----------------------------------------------------------------------------------------------------------


def parse_pruning(text: str, view: SweepView) -> Prune:
    """The command of `4`, `4 500,1000` or `off`. Raises UsageError."""
    if not text.strip():
        raise UsageError("type an eta such as 4, with rungs such as 4 500,1000, or off")
    command = parse_command(f"prune {text}")
    assert isinstance(command, Prune)
    check_rungs(command.rungs, view.total)
    return command


def pruning_preview(text: str, view: SweepView) -> str:
    """What `text` would do. Raises UsageError."""
    command = parse_pruning(text, view)
    rates = len({row.rate for row in view.rows if row.state == "training"})
    rungs = list(command.rungs)
    if command.eta and not rungs:
        rungs = [view.step + rung for rung in default_rungs(rates, command.eta, view.total - view.step)]
    ahead = [rung for rung in rungs if rung > view.step]
    return f"of {counted(rates, 'rate')}, {pruning_text(command.eta, ahead)}" if ahead else pruning_text(0, ())


def pruning_now(view: SweepView) -> str:
    """The present pruning as it is typed."""
    ahead = [rung for rung in view.history.rungs if rung > view.step]
    return f"{view.history.eta} {','.join(map(str, ahead))}" if view.history.eta and ahead else "4"
