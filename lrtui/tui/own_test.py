"""Experiments that no worker carries out: on the fresh model of a form, or on the checkpoint of an ended run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from lrtui.messages import Confirm, Event, Find
from lrtui.tui.findings import Findings, Kind


@dataclass(frozen=True, slots=True)
class OwnTest:
    """What `lrtui find ARGUMENTS` is asked, and has told. `arguments` name the form's run, or the run itself.

    `asked` is what it was asked for as long as it is under way, `problem` why it failed.
    """

    subject: Literal["form", "checkpoint"]
    arguments: tuple[str, ...]
    findings: Findings = field(default_factory=Findings)
    asked: Kind = ""
    problem: str = ""

    def begun(self, kind: Kind) -> Self:
        """An experiment was started."""
        return replace(self, asked=kind, problem="")

    def told(self, event: Event) -> Self:
        return replace(self, findings=self.findings.after(event))

    def ended(self, problem: str) -> Self:
        """The process has ended; `problem` says why it failed, empty where it did not."""
        findings = replace(self.findings, running="")
        return replace(self, findings=findings, asked="", problem=problem)

    def command(self, find: Find, confirm: Confirm | None = None, lanes: int = 0) -> list[str]:
        """The words after `lrtui` of a range test, and of its confirmation where one is asked for."""
        words = ["find", *self.arguments, "--json", "--progress", "--points", str(find.points)]
        if find.low is not None and find.high is not None:
            words += ["--range", f"{find.low!r}:{find.high!r}"]
        words += ["--linear"] if find.linear else []
        if confirm is not None:
            words += ["--confirm", str(lanes), "--confirm-steps", str(confirm.steps)]
        return words


def without_rate(arguments: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a run without its own rate: what a range test finds does not depend on it."""
    kept: list[str] = []
    for word in arguments:
        if word.startswith("optim.lr=") and kept[-1:] == ["--set"]:
            kept.pop()
        else:
            kept.append(word)
    return tuple(kept)
