"""The command palette: every action that exists now, the themes, and commands as `lrtui ctl` takes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from lrtui.command_words import WORDS, parse_command
from lrtui.errors import UsageError
from lrtui.printable import printable
from lrtui.tui.keys import KEYS, shown_keys

#: Actions of screens that deserve a name but no key, which would be pressed by mistake.
_KEYLESS = {"reset_optimizer": "throw the optimizer's state away, as an experiment (reset-optimizer)"}
Doing = Callable[[], Awaitable[Any] | Any]


class ActionsAndCommands(Provider):
    """What the screen under the palette can do."""

    async def discover(self) -> Hits:
        for name, keys, doing in self._actions():
            yield DiscoveryHit(_line(name, keys), doing, text=name)

    async def search(self, query: str) -> Hits:
        async for hit in self._typed(query):
            yield hit
        matcher = self.matcher(query)
        for name, keys, doing in self._actions():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _line(name, keys), doing, text=name)

    def _actions(self) -> Iterator[tuple[str, str, Doing]]:
        """What to do, its keys, and how it is done."""
        keymap = getattr(self.app, "settings").keys  # noqa: B009 - of our App, which Textual's types do not know
        ids = {active.binding.id for active in self.screen.active_bindings.values() if active.enabled}
        for key in KEYS:
            node = self.app if key.scope == "everywhere" else self.screen
            if key.id in ids and hasattr(node, f"action_{key.action.partition('(')[0]}"):
                yield key.help, shown_keys(key, keymap), partial(self.app.run_action, key.action, node)
        for action, name in _KEYLESS.items():
            if hasattr(self.screen, f"action_{action}"):
                yield name, "", partial(self.app.run_action, action, self.screen)
        yield "choose a theme (theme in [tui] of lrtui.toml keeps it)", "", self.app.action_change_theme

    async def _typed(self, query: str) -> AsyncIterator[Hit]:
        """`lr 0.002`, as a command to the run on the screen; where it is not one yet, what is missing."""
        send = getattr(self.screen, "send_words", None)
        words = query.replace("=", " ", 1).split()
        if send is None or not words or words[0].lower() not in WORDS:
            return
        try:
            parse_command(query)
        except UsageError as error:
            yield Hit(1.0, _line(printable(error.sentence), ""), lambda: None, text=query)
        else:
            yield Hit(1.0, _line(f"send: {printable(query)}", ""), partial(send, query), text=query)


def _line(name: str, keys: str) -> Content:
    return Content.assemble(name, (f"  {keys}", "$text-accent"))
