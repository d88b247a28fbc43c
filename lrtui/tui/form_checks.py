"""What accepting a line of the form's prompts would do, said while it is typed; an LrtuiError says why it cannot be."""

from __future__ import annotations

from pathlib import Path

from lrtui.config.load import load_config
from lrtui.config.problems import value_at
from lrtui.config.schema import Config
from lrtui.errors import ConfigError, UsageError
from lrtui.runs.catalog import model_label
from lrtui.runs.directory import check_name, open_run, runs_folder
from lrtui.runs.run_config import read_config
from lrtui.tui.form import Form

_SHAPE = ("kind", "embed", "hidden", "layers", "context", "bias")


def check_field(form: Form, key: str, text: str) -> str:
    """Typing `text` into `key`: a value that cannot be is refused, one that another key forbids is accepted."""
    trial = form.trial(key, text)
    problem = trial.problems.get(key, "")
    if key in trial.bad:
        raise ConfigError(problem)
    if problem:
        return problem
    old, new = form.text(key) or "unset", trial.text(key) or "unset"
    return f"{new}" if old == new else f"{old} → {new}"


def check_run_name(home: Path, text: str) -> str:
    """A name for the run, or none."""
    if not text.strip():
        return "the name will be made up"
    name = check_name(text.strip())
    if (runs_folder(home) / name).exists():
        raise UsageError(f"there is a run named {name} already", "Choose another name.")
    return f"the run will be called {name}"


def check_file_to_open(text: str) -> str:
    """A TOML file to start the form from."""
    path = as_path(text)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise UsageError(f"{path} is no file")
    config = load_config(path)
    return f"{model_label(config.model.model_dump())}, {config.corpus.name or config.corpus.path}"


def check_file_to_save(form: Form, text: str) -> str:
    """A file to write the form to."""
    form.checked()
    path = as_path(text)
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "Give the name of a file in it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    return "replaces the file that is there" if path.exists() else "writes a new file"


def check_weights(home: Path, form: Form, text: str) -> str:
    """RUN or RUN@STEP, whose weights the run begins with; empty for fresh ones."""
    if not text.strip():
        return "begins with fresh weights"
    name, at, step = text.strip().partition("@")
    if at and not step.isdecimal():
        raise UsageError(f"{step!r} is no step", "For example quiet-otter@4000.")
    run = open_run(home, name)
    of = f"the weights of {run.name}{f' at step {step}' if step else ', its newest checkpoint'}"
    differs = differences(form, read_config(run))
    told = ", ".join(f"{key} is {value} there" for key, value in differs.items())
    return f"{of} do not fit, nothing would start: {told}" if differs else f"begins with {of}"


def as_path(text: str) -> Path:
    """A path as it is typed. Raises UsageError where there is none."""
    if not text.strip() or "\0" in text:
        raise UsageError("give the path of a file")
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise UsageError(str(error)) from None


def differences(form: Form, other: Config) -> dict[str, object]:
    """What keeps the weights of `other` from fitting: what each of these keys is there."""
    config = form.config or form.base
    keys = [f"model.{name}" for name in _SHAPE] + ["corpus.vocab", "corpus.mode"]
    keys += ["train.block"] if config.model.kind == "gpt" else []
    return {
        key: value_at(other, key) for key in keys if form.is_used(key) and value_at(other, key) != value_at(config, key)
    }
