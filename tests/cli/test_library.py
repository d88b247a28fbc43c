"""`lrtui runs|show|plot|delete` on runs made of plain events."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from lrtui.cli.library import register
from lrtui.errors import LrtuiError, UsageError
from lrtui.messages import Warned
from lrtui.runs.directory import create_run, open_run, run_names
from lrtui.runs.events import EventLog
from lrtui.runs.follow import follow
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter
from lrtui.runs.table import export_csv
from lrtui.words import size_text
from tests.runs.story import block, started, told_run

app = typer.Typer(rich_markup_mode=None)
register(app)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRTUI_HOME", str(tmp_path))
    told_run(tmp_path)
    told_run(tmp_path, "happy-seal")
    return tmp_path


def output(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def refusal(*words: str) -> LrtuiError:
    with pytest.raises(LrtuiError) as error:
        CliRunner().invoke(app, list(words), catch_exceptions=False)
    return error.value


def test_runs(home: Path) -> None:
    heading, *rows = output("runs").splitlines()
    assert heading.split() == ["run", "state", "step", "model", "loss", "val", "best", "lr", "size", "age"]
    assert {row.split()[0] for row in rows} == {"quiet-otter", "happy-seal"}
    assert "finished  1,000/1,000  lstm 2×256  2.0" in rows[0]


def test_runs_of_an_empty_home(tmp_path: Path) -> None:
    assert "`lrtui run` starts one" in output("runs", "--home", str(tmp_path))
    assert output("runs", "--home", str(tmp_path), "--json") == ""


def test_runs_as_json(home: Path) -> None:
    told = [json.loads(line) for line in output("runs", "--json").splitlines()]
    assert {one["name"] for one in told} == {"quiet-otter", "happy-seal"}
    assert {"state", "step", "steps", "loss", "val", "best", "bytes", "age", "model"} <= told[0].keys()


def test_show(home: Path) -> None:
    text = output("show", "quiet-otter")
    for part in (
        "quiet-otter  finished",
        "3,481 parameters",
        "uniform 4.170, unigram 3.300, bigram 2.450",
        "device cpu, threads 1",
        "step 500  undo: back to step 400",
        "step 700  ×0.1: lr 1e-1 → 1e-2",
        "finished 1,000 steps",
        "nats below bigram",
        "emma␛]0;evil␇\n[bold]olivia[/b]",
    ):
        assert part in text
    assert "\x1b" not in text
    story = [line for line in text.splitlines() if line.startswith("step ")]
    assert story == [
        "step 400  ×10: lr 1e-1 → 1; undone",
        "step 500  undo: back to step 400",
        "step 700  ×0.1: lr 1e-1 → 1e-2",
    ]


def test_show_tells_what_is_wrong_and_the_numbers_behind_it(home: Path) -> None:
    run = create_run(home, "slow")
    with EventLog(run) as log, MetricsWriter(run, 0) as metrics:
        log.append(started("slow"))
        for step in range(0, 300, 100):
            metrics.write(msgspec.structs.replace(block(step), update=1e-7))
    lines = output("show", "slow").splitlines()
    at = lines.index("rate too low: raise it (])")
    assert lines[at + 1] == "  an update moves the weights by 1e-7 of their length; 1e-5 is next to nothing"
    assert json.loads(output("show", "slow", "--json"))["diagnosis"]["sign"] == "rate too low"
    assert json.loads(output("show", "happy-seal", "--json"))["diagnosis"] is None


def test_show_as_json(home: Path) -> None:
    told = json.loads(output("show", "quiet-otter", "--json"))
    assert told["summary"]["state"] == "finished"
    assert told["changes"][0]["entry"]["kind"] == "scale"
    assert told["evaluations"][-1]["step"] == 1000
    assert told["sample"]["text"].startswith("emma\x1b")
    assert told["unreadable_lines"] == 0


def test_a_segment_that_cannot_be_read_is_told_and_the_rest_is_shown(home: Path) -> None:
    run = open_run(home, "quiet-otter")
    run.metrics(0).unlink()
    run.metrics(0).mkdir()
    told = "metrics-000.jsonl: is a directory; its steps are left out"
    shown = CliRunner().invoke(app, ["show", "quiet-otter"], catch_exceptions=False)
    assert told in shown.stderr
    assert "step 1,000/1,000" in shown.stdout
    assert output("plot", "quiet-otter").splitlines()[-1].endswith(told)
    assert output("plot", "quiet-otter", "happy-seal").count(told) == 1
    assert [sentence.endswith(told) for sentence in export_csv(run, home / "table.csv")] == [True]
    assert (home / "table.csv").read_text().splitlines()[1].startswith("400,")
    warned = [event.message for event in follow(run) if isinstance(event, Warned)]
    assert [message.endswith(told) for message in warned] == [True]


def test_plot_one_and_several(home: Path) -> None:
    one = output("plot", "quiet-otter", "--width", "90", "--height", "24")
    assert len(one.splitlines()) == 24
    assert "undo" in one
    assert "×0.1" in one
    both = output("plot", "quiet-otter", "happy-seal", "--ascii", "--log-x", "--log-y")
    both.encode("ascii")
    assert both.splitlines()[0] == "Loss   ** quiet-otter   oo happy-seal"


def test_unknown_runs_and_ways_out_are_refused(home: Path) -> None:
    assert refusal("show", "quiet-oter").hint == "Did you mean quiet-otter?"
    for command in ("show", "plot", "delete"):
        assert isinstance(refusal(command, "../.."), UsageError)


def test_delete_needs_a_yes_where_nobody_can_be_asked(home: Path) -> None:
    assert "--yes" in refusal("delete", "quiet-otter").hint
    assert len(run_names(home)) == 2


def test_delete(home: Path) -> None:
    assert output("delete", "quiet-otter", "--yes").startswith("quiet-otter is deleted: ")
    assert run_names(home) == ["happy-seal"]


def test_delete_looks_all_names_up_before_the_first_is_gone(home: Path) -> None:
    assert "there is no run 'zzz'" in refusal("delete", "quiet-otter", "zzz", "--yes").message
    assert len(run_names(home)) == 2


def test_delete_refuses_a_live_run(home: Path) -> None:
    with RunLock(open_run(home, "quiet-otter")):
        assert "is live" in refusal("delete", "quiet-otter", "--yes").message
    assert len(run_names(home)) == 2


def test_sizes() -> None:
    assert [size_text(count) for count in (5, 1500, 2_500_000, 3_200_000_000)] == ["5 B", "2 kB", "2.5 MB", "3.2 GB"]


def test_nothing_heavy_is_loaded_before_a_command_runs() -> None:
    code = "import sys, lrtui.cli.library; print([m for m in ('torch', 'textual', 'plotext') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plotting_loads_no_torch(home: Path) -> None:
    code = "import sys, lrtui.console.charts, lrtui.console.bar, lrtui.runs.catalog; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
