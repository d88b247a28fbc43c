"""The hand on a run: every key that asks something of the worker, with what it would do said before it is sent."""

from __future__ import annotations

from lrtui.command_words import parse_command
from lrtui.errors import LrtuiError, UsageError
from lrtui.lr.ledger import EXTEND_MODES
from lrtui.messages import (
    Command,
    Continue,
    CoolDown,
    Decay,
    Extend,
    Hold,
    Pause,
    Release,
    Sample,
    Save,
    Scale,
    SetRate,
    Step,
    Stop,
    Undo,
)
from lrtui.runs.config_table import section
from lrtui.tui.previews import decay_factor, doubt_text, ladder, preview, shape_text
from lrtui.tui.screens.asking import AskingScreen
from lrtui.tui.screens.choice import Answer, Choice
from lrtui.tui.screens.prompt import Prompt
from lrtui.words import rate_text

_MODE_KEYS = {"keep": "k", "rescale": "s", "restart": "b"}


class SteeredScreen(AskingScreen):
    """The keys that command a run."""

    # -- the rate ---------------------------------------------------------------------------------------------------

    def _now(self) -> str:
        rate = self.ahead.rate if self.ahead else None
        return rate_text(None if rate is None or self.view is None else rate(self.view.step))

    def action_decay(self) -> None:
        self.ask(Decay())

    def action_scale(self) -> None:
        value = f"{decay_factor(self.view):g}" if self.view else ""
        self.prompt_for(
            lambda: f"Multiply the rate ({self._now()}) by",
            lambda text: _parsed("scale", text, Scale),
            value=value,
            example="a factor such as 0.5",
        )

    def action_multiply(self, factor: float) -> None:
        self.ask(Scale(float(factor)))

    def action_ladder(self, direction: int) -> None:
        view = self.steered()
        rate = self.ahead.rate if self.ahead else None
        if view is None or rate is None:
            return
        try:
            command = SetRate(ladder(rate(view.step), direction, self.keymap))
        except UsageError as error:
            self.app.tell(error.sentence, "warning")
            return
        self.ask(command)

    def action_set_rate(self) -> None:
        self.prompt_for(
            lambda: f"Set the rate (now {self._now()})",
            lambda text: _parsed("lr", text, SetRate),
            example="a rate such as 5e-4",
        )

    def action_hold(self) -> None:
        rate = self.ahead.rate if self.ahead else None
        self.ask(Hold() if rate is None or rate.held is None else Release())

    def action_undo(self) -> None:
        self.ask(Undo())

    # -- the pace ---------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        self.ask(Continue() if self.ahead and self.ahead.paused else Pause())

    def action_step(self) -> None:
        self.ask(Step())

    def action_steps(self) -> None:
        self.prompt_for(
            "Train n steps, then pause", lambda text: _parsed("step", text, Step), value="100", example="100"
        )

    def action_cool_down(self) -> None:
        view = self.view
        value = str(max(1, (view.total - view.step) // 5)) if view else ""
        self.prompt_for(
            "Cool down to 0 over n steps, then finish",
            lambda text: _parsed("cooldown", text, CoolDown),
            value=value,
            hint="n, and linear, cosine or sqrt;",
            example="a number of steps such as 500",
        )

    def action_extend(self) -> None:
        """Ask how many steps more, and where that changes the shape, what becomes of it."""
        if self.steered() is None:
            return

        def check(text: str) -> str:
            if not text.strip():
                raise UsageError("type a number of steps such as 1000")
            command, view = _parsed("extend", text, Extend), self.view
            assert isinstance(command, Extend)
            assert view is not None
            if command.schedule or view.rate is None or not view.rate.schedule.depends_on_total:
                return preview(view, command, self.ahead, self.keymap)
            preview(view, Extend(command.steps, "keep"), self.ahead, self.keymap)
            total, doubt = view.total + command.steps, doubt_text(view, command)
            return f"{view.total:,} → {total:,} steps; what becomes of the shape is asked next{doubt}"

        def answered(text: str | None) -> None:
            if text is not None:
                command = _parsed("extend", text, Extend)
                assert isinstance(command, Extend)
                self._extend(command)

        self.app.push_screen(Prompt("Train n steps more", "1000", check=check), answered)

    def _extend(self, command: Extend) -> None:
        view = self.view
        if view is None or view.rate is None or command.schedule or not view.rate.schedule.depends_on_total:
            self.ask(command)
            return
        answers = []
        for mode in EXTEND_MODES:
            try:
                told = preview(view, Extend(command.steps, mode), self.ahead).partition("; ")[2]
            except LrtuiError as error:
                told = error.message
            answers.append(Answer(mode, _MODE_KEYS[mode], f"{mode}: {told}"))

        def answered(mode: str | None) -> None:
            if mode is not None:
                self.ask(Extend(command.steps, mode))

        question = f"{command.steps:,} steps more: what becomes of the {shape_text(view.rate)} schedule?"
        self.app.push_screen(Choice(question, answers), answered)

    # -- text and checkpoints ---------------------------------------------------------------------------------------

    def action_sample(self) -> None:
        self.ask(Sample())

    def action_prompt(self) -> None:
        """Ask for a prompt, then for a temperature."""
        view = self.steered()
        if view is None:
            return
        sample = section(view.config, "sample")
        last = view.samples[-1] if view.samples else None
        prompt = last.prompt if last else str(sample.get("prompt") or "")
        heat = last.temperature if last else sample.get("temperature", 0.8)

        def prompted(text: str | None) -> None:
            if text is not None:
                self.prompt_for(
                    "Temperature",
                    lambda typed: Sample(prompt=text, temperature=_temperature(typed)),
                    value=f"{heat}",
                    hint="0: the most likely character always; 1: as the model says;",
                    example="a temperature such as 0.8",
                )

        self.app.push_screen(Prompt("Text to go on from", prompt, hint="may be empty;"), prompted)

    def action_save(self) -> None:
        self.ask(Save())

    def stop_and_save(self) -> bool:
        """Ask the worker to save and end; returns whether it was asked."""
        return self.ask(Stop())


def _parsed(word: str, text: str, kind: type[Command]) -> Command:
    """The command `word text`. Raises UsageError, also where `text` would make another command of it."""
    command = parse_command(f"{word} {text}")
    assert isinstance(command, kind)
    return command


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise UsageError(f"a temperature is a number from 0 to 100, not {text!r}")
    return value
