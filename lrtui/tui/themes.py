"""Textual's themes, and the same with signs that colour-blind eyes can tell apart."""

import dataclasses
from typing import Any

from textual.theme import BUILTIN_THEMES, Theme

#: Okabe and Ito's blue, yellow and vermilion, lighter on dark themes: good, warning, bad
_ON_DARK: dict[str, Any] = {"success": "#56B4E9", "warning": "#F0E442", "error": "#FF8C42"}
_ON_LIGHT: dict[str, Any] = {"success": "#0072B2", "warning": "#8F6B00", "error": "#B34700"}


def colour_blind_themes() -> list[Theme]:
    """Every theme of Textual with its own name; green and red are blue and vermilion in it."""
    return [
        dataclasses.replace(theme, **(_ON_DARK if theme.dark else _ON_LIGHT))
        for theme in BUILTIN_THEMES.values()
        if not theme.name.startswith("ansi")
    ]
