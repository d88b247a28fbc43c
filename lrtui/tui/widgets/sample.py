"""The generated text, and the way back through what was generated before."""

from rich.text import Text
from textual.content import Content

from lrtui.runs.events import SampleLine
from lrtui.tui.state import RunView
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.wrapping import wrapped
from lrtui.words import generated


class SamplePane(Pane):
    """One sample of a run: the newest, or an older one that stays while new ones come."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._samples: tuple[SampleLine, ...] = ()
        self._held: SampleLine | None = None

    def show_run(self, view: RunView | None) -> None:
        self._samples = view.samples if view else ()
        if self._held is not None and self._held not in self._samples:
            self._held = None
        self._draw()

    def move(self, by: int) -> bool:
        """Show the sample `by` places after (negative: before) the one shown now; False where there is none."""
        wanted = self._index() + by
        if not 0 <= wanted < len(self._samples):
            return False
        self._held = None if wanted == len(self._samples) - 1 else self._samples[wanted]
        self._draw()
        return True

    @property
    def shown(self) -> SampleLine | None:
        return self._samples[self._index()] if self._samples else None

    def on_resize(self) -> None:
        self._draw()

    def _index(self) -> int:
        return len(self._samples) - 1 if self._held is None else self._samples.index(self._held)

    def _draw(self) -> None:
        sample = self.shown
        ways = ""
        if sample is None:
            lines = [Text("no sample yet: s generates one", style="dim")]
        else:
            index = self._index()
            before = f"‹ {self._samples[index - 1].step:,}" if index else ""
            after = f"{self._samples[index + 1].step:,} ›" if index + 1 < len(self._samples) else ""
            ways = " · ".join(filter(None, (before, after)))
            lines = [Text(line) for line in sample_lines(sample, self.size.width, self.size.height)]
        self.show(lines, sample_title(sample))
        if str(self.border_subtitle or "") != ways:
            self.border_subtitle = Content(ways)


def sample_title(sample: SampleLine | None) -> str:
    """What a sample is: its step and temperature."""
    return "Sample" if sample is None else f"Sample · step {sample.step:,} · T {sample.temperature:g}"


def sample_lines(sample: SampleLine, width: int, height: int) -> list[str]:
    """The first `height` lines of prompt and generated text, wrapped to `width` cells."""
    # a sample is as long as its config says: no more of it is wrapped than can be seen
    room = 8 * (width + 1) * max(1, height)
    text = generated(sample.prompt[:room], sample.text[:room])
    return wrapped(text, width, height) if height > 0 else []
