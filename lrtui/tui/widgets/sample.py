"""The generated text, and the way back through what was generated before."""

from collections.abc import Mapping

from rich.text import Text
from textual.content import Content

from lrtui.runs.events import SampleLine
from lrtui.tui.branches import LEFT_BEHIND, left_behind
from lrtui.tui.keys import key_of, keymap_of
from lrtui.tui.state import RunView
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.wrapping import wrapped
from lrtui.words import generated


class SamplePane(Pane):
    """One sample of a run: the newest, or an older one that stays while new ones come.

    What was generated on a branch left behind is no longer the run's text: it is shown on the way back only.
    """

    DEFAULT_CSS = "SamplePane.-left-behind { border-title-color: $text-disabled; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._samples: tuple[SampleLine, ...] = ()
        self._left: tuple[bool, ...] = ()
        self._held: SampleLine | None = None

    def show_run(self, view: RunView | None) -> None:
        self._samples = view.samples if view else ()
        self._left = left_behind(view.samples, view.eras, view.history.rewinds) if view else ()
        if self._held is not None and self._held not in self._samples:
            self._held = None
        self._draw()

    def move(self, by: int) -> bool:
        """Show the sample `by` places after (negative: before) the one shown now; False where there is none."""
        wanted = self._index() + by
        if not 0 <= wanted < len(self._samples):
            return False
        self._held = None if wanted == self._newest() else self._samples[wanted]
        self._draw()
        return True

    @property
    def shown(self) -> SampleLine | None:
        return self._samples[self._index()] if self._samples else None

    def on_resize(self) -> None:
        self._draw()

    def _index(self) -> int:
        return self._newest() if self._held is None else self._samples.index(self._held)

    def _newest(self) -> int:
        """The last that was not left behind; where all were, the last."""
        kept = [number for number, left in enumerate(self._left) if not left]
        return kept[-1] if kept else len(self._samples) - 1

    def _draw(self) -> None:
        sample = self.shown
        ways, left = "", False
        if sample is None:
            lines = [Text(no_sample_text(keymap_of(self.app)), style="dim")]
        else:
            index = self._index()
            left = self._left[index]
            before = f"‹ {self._samples[index - 1].step:,}" if index else ""
            after = f"{self._samples[index + 1].step:,} ›" if index + 1 < len(self._samples) else ""
            ways = " · ".join(filter(None, (before, after)))
            lines = [Text(line) for line in sample_lines(sample, self.size.width, self.size.height)]
        self.set_class(left, "-left-behind")
        self.show(lines, sample_title(sample) + (f" · {LEFT_BEHIND}" if left else ""))
        if str(self.border_subtitle or "") != ways:
            self.border_subtitle = Content(ways)


def no_sample_text(keymap: Mapping[str, str]) -> str:
    """What to press where nothing was generated yet."""
    return f"no sample yet: {key_of('sample', keymap)} generates one"


def sample_title(sample: SampleLine | None) -> str:
    """What a sample is: its step and temperature."""
    return "Sample" if sample is None else f"Sample · step {sample.step:,} · T {sample.temperature:g}"


def sample_lines(sample: SampleLine, width: int, height: int) -> list[str]:
    """The first `height` lines of prompt and generated text, wrapped to `width` cells."""
    # a sample is as long as its config says: no more of it is wrapped than can be seen
    room = 8 * (width + 1) * max(1, height)
    text = generated(sample.prompt[:room], sample.text[:room])
    return wrapped(text, width, height) if height > 0 else []
