"""The presets: ready configurations as TOML files beside this one, each with a line about itself at its top."""

from dataclasses import dataclass
from importlib import resources

#: what a run without any configuration trains
QUICKSTART = "quickstart"


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset's `name`, the sentence of its first line and its TOML `text`."""

    name: str
    description: str
    text: str


def preset_names() -> list[str]:
    """Every preset, the quick start first, the others by name."""
    names = [entry.name.removesuffix(".toml") for entry in resources.files(__name__).iterdir()]
    found = [name for name in names if resources.files(__name__).joinpath(f"{name}.toml").is_file()]
    return sorted(found, key=lambda name: (name != QUICKSTART, name))


def read_preset(name: str) -> Preset:
    """The preset of that name. Raises KeyError where there is none."""
    if name not in preset_names():
        raise KeyError(name)
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Preset(name, text.splitlines()[0].lstrip("# "), text)
