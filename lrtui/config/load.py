"""A configuration from its layers: defaults < preset < file < --set, with every problem of them told at once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lrtui.config.layers import Layer, one_line, parse_set, parse_toml, read_toml
from lrtui.config.presets import QUICKSTART, preset_names, read_preset
from lrtui.config.problems import all_keys, nearest, optional_keys, shown
from lrtui.config.schema import Config
from lrtui.config.validate import validate
from lrtui.errors import ConfigError

#: the right side of a `--set` on these is text as it stands
TEXT_KEYS = frozenset({"preset", "corpus.name", "corpus.path", "train.device", "sample.prompt"})


def load_config(path: Path | None = None, preset: str | None = None, sets: Sequence[str] = ()) -> Config:
    """The configuration of a file, a preset's name and `--set` values; a later layer wins.

    The preset is the one of `--set preset=…`, else `preset`, else the one the file names. Raises ConfigError, whose
    message has one line a problem.
    """
    file = _read(path) if path else Layer({})
    set_layers, problems = _parse_sets(sets)
    chosen = _chosen_preset(file, preset, set_layers)
    layers = [file, *set_layers]
    if chosen:
        name, origin = chosen
        layers.append(Layer({"preset": name}, origin.label, origin.source))
        if origin is file and is_complete(file.data):
            pass
        elif name in preset_names():
            layers.insert(0, parse_toml(read_preset(name).text, f"preset {name}"))
        else:
            problems.append(f"{origin.place(('preset',))}: {no_preset(name)}")
    return validate(layers, problems)


def load_run_config(path: Path | None = None, preset: str | None = None, sets: Sequence[str] = ()) -> Config:
    """What `lrtui run` trains: as `load_config`, from the quick-start preset where neither file nor preset is named."""
    named = path is not None or preset is not None or any(text.split("=")[0].strip() == "preset" for text in sets)
    return load_config(path, preset if named else QUICKSTART, sets)


def override(config: Config, values: dict[str, Any]) -> Config:
    """The configuration with some `{section: {key: value}}` replaced, validated again. Raises ConfigError."""
    return validate([Layer(config.model_dump(exclude_none=True)), Layer(values)], [])


def update(config: Config, key: str, value: Any) -> Config:
    """The configuration with the dotted `key` replaced, validated again. Raises ConfigError."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return override(config, value)


def is_complete(data: dict[str, Any]) -> bool:
    """Does this file give every key that has a value by default? Then it stands for itself and needs no preset.

    So a run's own config.toml means the same for ever, whatever becomes of the preset it began with.
    """
    layer, default = Layer(data), Config().model_dump(exclude_none=True)
    keys = (tuple(key.split(".")) for key in all_keys())
    return all(layer.gives(key) for key in keys if Layer(default).gives(key) and key != ("corpus", "name"))


def _read(path: Path) -> Layer:
    if str(path) in preset_names() and not path.exists():
        raise ConfigError(f"{path}: there is no such file", f"The preset of that name is `--preset {path}`.")
    return _renamed(read_toml(path))


def _renamed(layer: Layer) -> Layer:
    """A file from before `train.compile` became a kernel says the same in today's keys, so that its run goes on."""
    train = layer.data.get("train")
    if not isinstance(train, dict) or train.get("compile") not in ("off", "on"):
        return layer
    kept = {key: value for key, value in train.items() if key != "compile"}
    if train["compile"] == "on" and kept.get("kernel", "auto") != "hand":
        kept["kernel"] = "compiled"
    return replace(layer, data=layer.data | {"train": kept})


def _parse_sets(sets: Iterable[str]) -> tuple[list[Layer], list[str]]:
    layers, problems = [], []
    for text in sets:
        try:
            layers.append(set_layer(text))
        except ConfigError as error:
            problems.append(error.message)
    return layers, problems


def set_layer(text: str) -> Layer:
    """The layer of one `--set KEY=VALUE`; without a value a key that can be unset is. Raises ConfigError."""
    return parse_set(text, TEXT_KEYS, optional_keys())


def _chosen_preset(file: Layer, flag: str | None, sets: list[Layer]) -> tuple[str, Layer] | None:
    flags = [Layer({"preset": flag}, f"--preset {one_line(flag)}")] if flag is not None else []
    named = [layer for layer in (file, *flags, *sets) if isinstance(layer.data.get("preset"), str)]
    return (named[-1].data["preset"], named[-1]) if named else None


def no_preset(name: str) -> str:
    """The sentence for a preset there is not."""
    names = preset_names()
    near = nearest(name, names)
    advice = f"did you mean {near}?" if near else f"there are {', '.join(names)}"
    return f"there is no preset {shown(name)}, {advice}"
