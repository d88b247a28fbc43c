"""Every key of every screen, once: bindings, key bar, help, command palette and the README's table come from here.

An id names a key in `[keys]` of the user's settings. No ctrl+s, ctrl+j, ctrl+enter or alt: terminals and shells take
them away.
"""

from dataclasses import dataclass
from typing import Literal

Scope = Literal["everywhere", "train", "runs", "new"]


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
    Key(id="help", keys="question_mark,f1", action="help", label="Help", help="all keys", scope="everywhere"),
    Key(id="palette", keys="ctrl+p", action="command_palette", help="find a command by its name", scope="everywhere"),
    Key(id="train", keys="1", action="go('train')", help="the training", scope="everywhere"),
    Key(id="runs", keys="4", action="go('runs')", label="Runs", help="all runs of this home", scope="everywhere"),
    Key(id="new", keys="5", action="go('new')", label="New", help="a new run", scope="everywhere"),
    Key(
        id="quit", keys="q,ctrl+q", action="leave", label="Quit", help="leave; the training goes on", scope="everywhere"
    ),
)
