"""Every key of every screen, once: bindings, key bar, help, command palette and the README's table come from here.

An id names a key in `[keys]` of the user's settings. No ctrl+s, ctrl+j, ctrl+enter or alt: terminals and shells take
them away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lrtui.tui.key_names import shown_key

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.screen import Screen

Scope = Literal["everywhere", "train", "runs", "new", "compare", "resume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A binding: `keys` in Textual's names, comma separated; `action` a method `action_<name>` of its screen or app.

    `label` stands in the key bar (empty: not there), `help` in help, palette and README.
    """

    id: str
    keys: str
    action: str
    help: str
    label: str = ""
    scope: Scope = "train"


KEYS: tuple[Key, ...] = (
    Key(id="decay", keys="d", action="decay", label="Decay", help="multiply the rate by train.decay_factor (0.1)"),
    Key(id="scale", keys="D", action="scale", help="multiply the rate by a factor you choose"),
    Key(id="halve", keys="left_square_bracket", action="multiply(0.5)", label="×½", help="halve the rate"),
    Key(id="double", keys="right_square_bracket", action="multiply(2)", label="×2", help="double the rate"),
    Key(id="lower", keys="left_curly_bracket", action="ladder(-1)", help="the next lower rate of 1, 2, 5 × 10^k"),
    Key(id="raise", keys="right_curly_bracket", action="ladder(1)", help="the next higher rate of 1, 2, 5 × 10^k"),
    Key(id="set", keys="l", action="set_rate", label="Set", help="set the rate; what it means is shown before"),
    Key(id="hold", keys="h", action="hold", label="Hold", help="hold the rate where it is, or release the schedule"),
    Key(id="undo", keys="u", action="undo", label="Undo", help="undo the last change: the exact state before it"),
    Key(id="pause", keys="space", action="pause", label="Pause", help="pause, or continue"),
    Key(id="step", keys="n", action="step", help="train one step, then pause"),
    Key(id="steps", keys="N", action="steps", help="train n steps, then pause"),
    Key(id="extend", keys="e", action="extend", help="train n steps more"),
    Key(id="cool_down", keys="w", action="cool_down", help="cool down to zero over n steps, then finish"),
    Key(id="sample", keys="s", action="sample", label="Sample", help="generate text now"),
    Key(id="prompt", keys="S", action="prompt", help="generate text from a prompt, at a temperature"),
    Key(id="older", keys="left", action="older", help="the sample before"),
    Key(id="newer", keys="right", action="newer", help="the sample after"),
    Key(id="save", keys="c", action="save", label="Save", help="write a checkpoint now, and keep it"),
    Key(id="log_x", keys="x", action="log_x", help="log or linear steps on the focused chart"),
    Key(id="log_y", keys="y", action="log_y", help="log or linear values on the focused chart"),
    Key(id="smooth", keys="m", action="smooth", help="smoothing of the loss: 0, 0.6, 0.9, 0.98"),
    Key(id="zoom", keys="z", action="zoom", help="the focused pane on the whole screen, and back"),
    Key(id="resume", keys="R", action="resume", help="go on with a run that nobody trains"),
    Key(id="stop", keys="Q", action="stop", help="save, stop the training and leave"),
    Key(id="form_start", keys="s", action="start", label="Start", help="start this run", scope="new"),
    Key(id="form_edit", keys="enter", action="edit", label="Edit", help="edit the field, or choose", scope="new"),
    Key(id="form_less", keys="left", action="cycle(-1)", help="the choice before", scope="new"),
    Key(id="form_more", keys="right", action="cycle(1)", help="the choice after", scope="new"),
    Key(id="form_reset", keys="backspace,delete", action="reset", help="the field as the preset has it", scope="new"),
    Key(id="form_preset", keys="p", action="presets", label="Preset", help="start from a preset", scope="new"),
    Key(id="form_open", keys="o", action="open", label="Open", help="open a TOML file", scope="new"),
    Key(id="form_save", keys="w", action="write", label="Write", help="write a TOML file", scope="new"),
    Key(id="form_name", keys="n", action="name", label="Name", help="name the run", scope="new"),
    Key(id="form_weights", keys="i", action="weights", label="Init", help="weights of another run", scope="new"),
    Key(id="form_all", keys="a", action="all_keys", label="All", help="the keys not used, too", scope="new"),
    Key(id="help", keys="question_mark,f1", action="help", label="Help", help="all keys", scope="everywhere"),
    Key(id="palette", keys="ctrl+p", action="command_palette", help="find a command by its name", scope="everywhere"),
    Key(id="train", keys="1", action="go('train')", help="the training", scope="everywhere"),
    Key(id="runs", keys="4", action="go('runs')", label="Runs", help="all runs of this home", scope="everywhere"),
    Key(id="new", keys="5", action="go('new')", label="New", help="a new run", scope="everywhere"),
    Key(
        id="quit", keys="q,ctrl+q", action="leave", label="Quit", help="leave; the training goes on", scope="everywhere"
    ),
    Key(
        id="runs_open", keys="enter", action="open", label="Open", help="attach to the run, or look at it", scope="runs"
    ),
    Key(id="runs_mark", keys="space", action="mark", label="Mark", help="mark the run for an overlay", scope="runs"),
    Key(
        id="runs_overlay",
        keys="v",
        action="overlay",
        label="Overlay",
        help="the marked runs in one chart",
        scope="runs",
    ),
    Key(id="runs_resume", keys="R", action="resume", label="Resume", help="go on with the run", scope="runs"),
    Key(
        id="runs_extend",
        keys="E",
        action="extend",
        label="Extend",
        help="resume with other steps or rate",
        scope="runs",
    ),
    Key(id="runs_branch", keys="B", action="branch", label="Branch", help="a new run from a checkpoint", scope="runs"),
    Key(id="runs_delete", keys="delete,X", action="delete", label="Delete", help="delete the run", scope="runs"),
    Key(
        id="runs_filter", keys="slash", action="filter", label="Filter", help="only runs with these words", scope="runs"
    ),
    Key(id="runs_clear", keys="escape", action="clear", help="no filter, no marks", scope="runs"),
    Key(id="overlay_log_x", keys="x", action="log_x", label="Log x", help="log or linear steps", scope="compare"),
    Key(id="overlay_log_y", keys="y", action="log_y", label="Log y", help="log or linear loss", scope="compare"),
    Key(
        id="overlay_smooth", keys="m", action="smooth", label="Smooth", help="smoothing of the losses", scope="compare"
    ),
    Key(id="overlay_close", keys="escape", action="close", label="Back", help="back to the list", scope="compare"),
    Key(id="resume_go", keys="enter", action="go_on", label="Resume", help="resume as shown", scope="resume"),
    Key(id="resume_steps", keys="t", action="total", label="Total", help="the new total of steps", scope="resume"),
    Key(
        id="resume_shape", keys="s", action="shape", label="Shape", help="what becomes of the schedule", scope="resume"
    ),
    Key(id="resume_rate", keys="l", action="rate", label="Rate", help="the rate it goes on with", scope="resume"),
    Key(id="resume_from", keys="f", action="checkpoint", label="From", help="which checkpoint", scope="resume"),
    Key(id="resume_close", keys="escape", action="close", label="Back", help="leave all as it is", scope="resume"),
)

PLACES: dict[Scope, str] = {
    "train": "Training",
    "new": "New run",
    "runs": "Runs",
    "compare": "Several runs in one chart",
    "resume": "Resume",
    "everywhere": "Everywhere",
}


def bindings(*scopes: Scope, keymap: Mapping[str, str] | None = None) -> list[BindingType]:
    """The bindings of a screen with these scopes; `keymap` re-maps them by id, as `App.set_keymap` would later."""
    from textual.binding import Binding

    return [
        Binding(keys_of(key, keymap or {}), key.action, key.label or key.help, show=bool(key.label), id=key.id)
        for key in KEYS
        if key.scope in scopes
    ]


def keys_of(key: Key, keymap: Mapping[str, str]) -> str:
    """The keys that do this now, in Textual's names, comma separated."""
    return keymap.get(key.id, key.keys)


def shown_keys(key: Key, keymap: Mapping[str, str], between: str = " ") -> str:
    """The keys that do this now, as they are shown: `q ctrl+q`."""
    return between.join(shown_key(one) for one in keys_of(key, keymap).split(","))


def by_place(first: Scope = "train") -> list[tuple[str, list[Key]]]:
    """The keys of every place under its name: of `first`, then of everywhere, then of the others."""
    order = [first, "everywhere", *(scope for scope in PLACES if scope not in (first, "everywhere"))]
    return [(PLACES[scope], [key for key in KEYS if key.scope == scope]) for scope in order]


def screen_scope(screen: Screen[Any]) -> Scope | None:
    """The place a screen is: that of the keys it binds."""
    ids = {binding.id for binding in screen.BINDINGS if not isinstance(binding, tuple)}
    return next((key.scope for key in KEYS if key.id in ids and key.scope != "everywhere"), None)


def keys_table() -> str:
    """All keys as a Markdown table, grouped by place: the README's."""
    lines = ["| key | does |", "|---|---|"]
    for place, keys in by_place():
        lines.append(f"| **{place}** | |")
        for key in keys:
            shown = " ".join(f"`{shown_key(one)}`" for one in key.keys.split(","))
            lines.append(f"| {shown} | {key.help} |")
    return "\n".join(lines)
