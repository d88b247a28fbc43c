"""Every sample with the changes between them marked; before and after a change stand side by side."""

from rich.cells import cell_len
from rich.text import Text

from lrtui.messages import RateChanged
from lrtui.printable import printable
from lrtui.runs.events import SampleLine
from lrtui.tui.branches import LEFT_BEHIND, left_behind
from lrtui.tui.state import RunView
from lrtui.tui.wrapping import cut, wrapped
from lrtui.words import change_text, generated, rate_text

_BETWEEN = " │ "
_LONGEST = 4000


def history_lines(view: RunView, width: int) -> list[Text]:
    """The samples of a run as lines of at most `width` cells, the newest first."""
    lines: list[Text] = []
    left = left_behind(view.samples, view.eras, view.history.rewinds)
    kept = [sample for sample, gone in zip(view.samples, left, strict=True) if not gone]
    for number in range(len(view.samples) - 1, -1, -1):
        sample, gone = view.samples[number], left[number]
        if not gone:
            kept.pop()
        before = kept[-1] if kept and not gone else None
        changes = changes_between(view, before, sample) if before else []
        if before and changes:
            lines += [_heading(_told(change), width) for change in changes]
            lines += _side_by_side(before, sample, width)
        else:
            lines.append(_heading(sample_heading(sample) + (f" · {LEFT_BEHIND}" if gone else ""), width))
            lines += [Text(line, style="dim" if gone else "") for line in _text(sample, width)]
        if number and sample.step < view.samples[number - 1].step:
            lines.append(_heading(f"back from step {view.samples[number - 1].step:,}", width))
        lines.append(Text())
    return lines


def changes_between(view: RunView, before: SampleLine, after: SampleLine) -> list[RateChanged]:
    """The surviving changes that `after` was trained with and `before` was not."""
    return [change for change in view.history.changes if before.step <= change.entry.step < after.step]


def sample_heading(sample: SampleLine) -> str:
    """The step and temperature of a sample, and what it went on from."""
    start = f" · from {printable(sample.prompt)!r}" if sample.prompt else ""
    return f"step {sample.step:,} · T {sample.temperature:g}{start}"


def _told(change: RateChanged) -> str:
    rates = f"{rate_text(change.old)} → {rate_text(change.new)}"
    return f"{change_text(change.entry)} at step {change.entry.step:,}: {rates}"


def _heading(text: str, width: int) -> Text:
    told = cut(f"── {text} ", width)
    return Text(told + "─" * max(0, width - cell_len(told)), style="dim")


def _text(sample: SampleLine, width: int) -> list[str]:
    return wrapped(generated(sample.prompt[:_LONGEST], sample.text[:_LONGEST]), width)


def _side_by_side(before: SampleLine, after: SampleLine, width: int) -> list[Text]:
    half = max(2, (width - len(_BETWEEN)) // 2)
    left = [f"before · {sample_heading(before)}", *_text(before, half)]
    right = [f"after · {sample_heading(after)}", *_text(after, half)]
    lines = []
    for row in range(max(len(left), len(right))):
        one = cut(left[row], half) if row < len(left) else ""
        other = cut(right[row], half) if row < len(right) else ""
        style = "bold" if row == 0 else ""
        gap = " " * max(0, half - cell_len(one))
        lines.append(Text.assemble((one, style), gap, (_BETWEEN, "dim"), (other, style)))
    return lines
