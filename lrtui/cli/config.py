"""`lrtui config …` and `lrtui presets`: write, show and explain configurations."""

import json
from pathlib import Path
from typing import Annotated

import typer

from lrtui.cli.options import PresetOption, SetOption

app = typer.Typer(
    name="config", help="Write, show and explain configurations.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("lrtui.toml"),
    preset: PresetOption = None,
    sets: SetOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a configuration to edit, in which every key is explained."""
    from lrtui.config.load import load_run_config
    from lrtui.config.toml import write_template
    from lrtui.printable import printable

    config = load_run_config(None, preset, sets or [])
    write_template(path, config, replace=force)
    typer.echo(printable(f"wrote {path}, made from the preset {config.preset}"))


@app.command()
def show(
    path: Annotated[Path | None, typer.Argument(metavar="[CONFIG.toml]", help="A configuration file.")] = None,
    preset: PresetOption = None,
    sets: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Print the complete configuration that `lrtui run` would train with the same arguments."""
    from lrtui.config.load import load_run_config
    from lrtui.config.toml import dump_toml

    config = load_run_config(path, preset, sets or [])
    typer.echo(json.dumps(config.model_dump()) if as_json else dump_toml(config).rstrip("\n"))


@app.command()
def schema(
    keys: Annotated[
        bool, typer.Option("--keys", help="As a list to read instead: every key and what it is for.")
    ] = False,
) -> None:
    """Print the JSON schema of a configuration, for editors and scripts."""
    from lrtui.config.docs import describe_keys, schema_json

    typer.echo(describe_keys() if keys else schema_json())


@app.command("path")
def settings_path() -> None:
    """Print the folder of the user's own settings."""
    import platformdirs

    typer.echo(platformdirs.user_config_dir("lrtui", appauthor=False))


def presets(as_json: Annotated[bool, typer.Option("--json", help="As one JSON object a line.")] = False) -> None:
    """List the presets, each with what it trains."""
    from lrtui.config.presets import preset_names, read_preset

    found = [read_preset(name) for name in preset_names()]
    width = max(len(preset.name) for preset in found)
    for preset in found:
        if as_json:
            typer.echo(json.dumps({"name": preset.name, "description": preset.description}))
        else:
            typer.echo(f"{preset.name:{width}}  {preset.description}")
