"""A bare application to put one widget or dialogue on, with what they ask of ours."""

from types import SimpleNamespace

from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget


class Stage(App[None], inherit_bindings=False):
    def __init__(self, *widgets: Widget, keys: dict[str, str] | None = None) -> None:
        super().__init__()
        self.widgets, self.settings = widgets, SimpleNamespace(keys=keys or {}, ascii=False)

    def compose(self) -> ComposeResult:
        yield from self.widgets


def rows(widget: Widget) -> list[str]:
    """What a widget shows, a string a row, without its border."""
    return [strip.text for strip in strips(widget)]


def strips(widget: Widget) -> list[Strip]:
    return [widget.render_line(y) for y in range(widget.size.height)]


def screen_text(app: App[object]) -> str:
    """What stands on the whole terminal."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())
