"""Every key of every screen, once: bindings, key bar, help, command palette and the README's table come from here.

An id names a key in `[keys]` of the user's settings. No ctrl+s, ctrl+j, ctrl+enter or alt: terminals and shells take
them away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lrtui.tui.key_names import character_key, shown_key

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.screen import Screen

Scope = Literal["train", "find", "race", "sweep", "new", "runs", "compare", "resume", "everywhere"]

PLACES: dict[Scope, str] = {
    "train": "Training",
    "find": "Find",
    "race": "Race",
    "sweep": "Sweep",
    "new": "New run",
    "runs": "Runs",
    "compare": "Several runs in one chart",
    "resume": "Resume",
    "everywhere": "Everywhere",
}

_Row = tuple[str, str, str, str, str]
# A table is read by its columns: id, keys, action, label in the key bar, help.
# fmt: off
_TABLE: dict[Scope, tuple[_Row, ...]] = {
    "train": (
        ("decay",     "d",     "decay",         "Decay",  "multiply the rate by train.decay_factor (0.1)"),
        ("scale",     "D",     "scale",         "",       "multiply the rate by a factor you choose"),
        ("halve",     "[",     "multiply(0.5)", "×½",     "halve the rate"),
        ("double",    "]",     "multiply(2)",   "×2",     "double the rate"),
        ("lower",     "{",     "ladder(-1)",    "",       "the next lower rate of 1, 2, 5 × 10^k"),
        ("raise",     "}",     "ladder(1)",     "",       "the next higher rate of 1, 2, 5 × 10^k"),
        ("set",       "l",     "set_rate",      "Set",    "set the rate; what it means is shown before"),
        ("hold",      "h",     "hold",          "Hold",   "hold the rate where it is, or release the schedule"),
        ("undo",      "u",     "undo",          "Undo",   "undo the last change: the exact state before it"),
        ("schedule",  "H",     "schedule",      "",       "another schedule from here; both curves are shown before"),
        ("pause",     "space", "pause",         "Pause",  "pause, or continue"),
        ("step",      "n",     "step",          "",       "train one step, then pause"),
        ("steps",     "N",     "steps",         "",       "train n steps, then pause"),
        ("extend",    "e",     "extend",        "",       "train n steps more"),
        ("cool_down", "w",     "cool_down",     "",       "cool down to zero over n steps, then finish"),
        ("sample",    "s",     "sample",        "Sample", "generate text now"),
        ("prompt",    "S",     "prompt",        "",       "generate text from a prompt, at a temperature"),
        ("older",     "left",  "older",         "",       "the sample before"),
        ("newer",     "right", "newer",         "",       "the sample after"),
        ("save",      "c",     "save",          "Save",   "write a checkpoint now, and keep it"),
        ("why",       "i",     "why",           "",       "what the diagnosis is read from: its rules, their numbers"),
        ("find",      "f",     "find",          "Test",   "a range test from here: which rate is right"),
        ("race",      "r",     "race",          "Race",   "race multiples of the rate from here; or watch a race"),
        ("log_x",     "x",     "log_x",         "",       "log or linear steps on the focused chart"),
        ("log_y",     "y",     "log_y",         "",       "log or linear values on the focused chart"),
        ("smooth",    "m",     "smooth",        "",       "smoothing of the loss: 0, 0.6, 0.9, 0.98"),
        ("zoom",      "z",     "zoom",          "",       "the focused pane on the whole screen, and back"),
        ("resume",    "R",     "resume",        "",       "go on with a run that nobody trains"),
        ("stop",      "Q",     "stop",          "",       "save, stop the training and leave"),
    ),
    "find": (
        ("find_apply",   "enter",  "apply",   "Apply",   "apply the rate on offer; or test again as a refusal advises"),
        ("find_test",    "f",      "test",    "Test",    "a range test from here"),
        ("find_confirm", "k",      "confirm", "Confirm", "train rates of the band for some real steps, side by side"),
        ("find_options", "o",      "options", "Options", "range and points of the test; what confirms it"),
        ("find_other",   "v",      "other",   "",        "the test or its confirmation, where there is room for one"),
        ("find_close",   "escape", "close",   "Back",    "back to the training, or to the form"),
    ),
    "race": (
        ("race_keep",  "enter",    "keep",       "", "keep the lane that leads, or the one a digit has chosen"),
        ("race_drop",  "escape",   "drop",       "", "drop the race: back to the exact state before it"),
        ("race_above", "up",       "choose(-1)", "", "choose the lane above"),
        ("race_below", "down",     "choose(1)",  "", "choose the lane below"),
        ("race_close", "z",        "close",      "", "back to the training; the race goes on, and waits"),
    ),
    "sweep": (
        ("sweep_promote", "enter", "promote", "Promote", "make a run of the lane, to train it on"),
        ("sweep_kill",    "k",     "kill",    "Kill",    "cut the lane: its share of the compute goes to the others"),
        ("sweep_keep",    "K",     "keep",    "Keep",    "let no rung prune the rate of the lane"),
        ("sweep_prune",   "p",     "prune",   "Prune",   "let the best 1/eta of the rates go on at each rung"),
        ("sweep_pause",   "space", "pause",   "Pause",   "pause, or continue"),
        ("sweep_save",    "c",     "save",    "Save",    "write a checkpoint now"),
        ("sweep_order",   "o",     "order",   "Order",   "the best lanes first, or by rate again"),
        ("sweep_rates",   "v",     "rates",   "Rates",   "rates with the means of their seeds, or lanes"),
        ("sweep_log_x",   "x",     "log_x",   "",        "log or linear steps on the chart of the lanes"),
        ("sweep_log_y",   "y",     "log_y",   "",        "log or linear losses on the focused chart"),
        ("sweep_smooth",  "m",     "smooth",  "",        "smoothing of the lanes: 0, 0.6, 0.9, 0.98"),
        ("sweep_zoom",    "z",     "zoom",    "Zoom",    "the focused pane on the whole screen, and back"),
        ("sweep_resume",  "R",     "resume",  "",        "go on with a sweep that nobody trains"),
        ("sweep_stop",    "Q",     "stop",    "",        "save, stop the sweep and leave"),
    ),
    "new": (
        ("form_start",   "s",                "start",     "Start",  "start this run"),
        ("form_edit",    "enter",            "edit",      "Edit",   "edit the field, or choose"),
        ("form_less",    "left",             "cycle(-1)", "",       "the choice before"),
        ("form_more",    "right",            "cycle(1)",  "",       "the choice after"),
        ("form_reset",   "backspace,delete", "reset",     "",       "the field as the preset has it"),
        ("form_preset",  "p",                "presets",   "Preset", "start from a preset"),
        ("form_open",    "o",                "open",      "Open",   "open a TOML file"),
        ("form_save",    "w",                "write",     "Write",  "write a TOML file"),
        ("form_name",    "n",                "name",      "Name",   "name the run"),
        ("form_weights", "i",                "weights",   "Init",   "weights of another run"),
        ("form_find",    "f",                "find",      "Find",   "find a rate for it by a range test"),
        ("form_sweep",   "v",                "sweep",     "Sweep",  "train it at many rates side by side"),
        ("form_all",     "a",                "all_keys",  "All",    "the keys not used, too"),
    ),
    "runs": (
        ("runs_open",    "enter",    "open",    "Open",    "attach to the run, or look at it"),
        ("runs_mark",    "space",    "mark",    "Mark",    "mark the run for an overlay"),
        ("runs_overlay", "v",        "overlay", "Overlay", "the marked runs in one chart"),
        ("runs_resume",  "R",        "resume",  "Resume",  "go on with the run"),
        ("runs_extend",  "E",        "extend",  "Extend",  "resume with other steps or rate"),
        ("runs_branch",  "B",        "branch",  "Branch",  "a new run from a checkpoint"),
        ("runs_delete",  "delete,X", "delete",  "Delete",  "delete the run"),
        ("runs_filter",  "/",        "filter",  "Filter",  "only runs with these words"),
        ("runs_clear",   "escape",   "clear",   "",        "no filter, no marks"),
    ),
    "compare": (
        ("overlay_log_x",  "x",      "log_x",  "Log x",  "log or linear steps"),
        ("overlay_log_y",  "y",      "log_y",  "Log y",  "log or linear loss"),
        ("overlay_smooth", "m",      "smooth", "Smooth", "smoothing of the losses"),
        ("overlay_close",  "escape", "close",  "Back",   "back to the list"),
    ),
    "resume": (
        ("resume_go",    "enter",  "go_on",      "Resume", "resume as shown"),
        ("resume_steps", "t",      "total",      "Total",  "the new total of steps"),
        ("resume_shape", "s",      "shape",      "Shape",  "what becomes of the schedule"),
        ("resume_rate",  "l",      "rate",       "Rate",   "the rate it goes on with"),
        ("resume_from",  "f",      "checkpoint", "From",   "which checkpoint"),
        ("resume_close", "escape", "close",      "Back",   "leave all as it is"),
    ),
    "everywhere": (
        ("help",           "?,f1",      "help",            "Help", "all keys"),
        ("palette",        "ctrl+p",    "command_palette", "",     "find a command by its name"),
        ("focus_next",     "tab",       "focus_next",      "",     "focus the next pane; so does a click on it"),
        ("focus_previous", "shift+tab", "focus_previous",  "",     "focus the pane before"),
        ("train",          "1",         "go('train')",     "",     "the training"),
        ("find_screen",    "2",         "go('find')",      "Find", "which rate is right"),
        ("sweep",          "3",         "go('sweep')",     "Sweep", "a sweep: many rates side by side"),
        ("runs",           "4",         "go('runs')",      "Runs", "all runs of this home"),
        ("new",            "5",         "go('new')",       "New",  "a new run"),
        ("quit",           "q,ctrl+q",  "leave",           "Quit", "leave; the training goes on"),
    ),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Key:
    """A binding: `keys` in Textual's names, comma separated; `action` a method `action_<name>` of its screen or app.

    `label` stands in the key bar (empty: not there), `help` in help, palette and README.
    """

    id: str
    keys: str
    action: str
    label: str
    help: str
    scope: Scope


def _textuals_name(key: str) -> str:
    return character_key(key) if len(key) == 1 else key


KEYS = tuple(
    Key(id, ",".join(_textuals_name(key) for key in keys.split(",")), action, label, help, scope)
    for scope, rows in _TABLE.items()
    for id, keys, action, label, help in rows
)


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


def key_of(id: str, keymap: Mapping[str, str]) -> str:
    """The first key that does this now, as it is shown: for sentences that say what to press."""
    return next(shown_keys(key, keymap).split(" ")[0] for key in KEYS if key.id == id)


def keymap_of(app: object) -> Mapping[str, str]:
    """The keys that this application's user has re-mapped, by their ids."""
    keys: Mapping[str, str] = getattr(getattr(app, "settings", None), "keys", {})
    return keys


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
