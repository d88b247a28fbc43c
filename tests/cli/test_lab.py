"""`lrtui find` on a configuration, on a dead run, on a live one; what it writes, and what it does not."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrtui.cli.lab import HEIGHT
from lrtui.config.load import load_config
from lrtui.messages import Confirmed, ConfirmStepped, Event, RangeStepped, RangeTested, RateChanged, decode_event
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.events import EventReader
from lrtui.runs.history import read_history
from tests.processes import Process, Zygote, live_run, small_flags

FRESH = small_flags(train__steps=400, optim__kind="adam")
TESTED = small_flags(train__steps=60, train__checkpoint_every=20, train__eval_every=0, train__sample_every=0)
#: so slow that it has learned nothing whenever it is looked at
ENDLESS = small_flags(
    optim__lr=1e-9, train__steps=10**7, train__eval_every=0, train__sample_every=0, train__checkpoint_every=0
)
#: a range in which the small model both learns and blows up
WIDE = ["--range", "1e-5:100"]


def verdict(process: Process) -> RangeTested:
    (event,) = [event for event in process.events() if isinstance(event, RangeTested)]
    return event


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def live(zygote: Zygote, tmp_path: Path) -> Iterator[tuple[RunDirectory, Process]]:
    """A run that trains until it is stopped."""
    with live_run(zygote, ENDLESS, tmp_path) as live:
        yield live


def test_a_fresh_model_gets_a_table_and_a_verdict_and_nothing_is_written(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.run("find", *FRESH, *WIDE, home=tmp_path)
    assert process.code == 0, process.text()
    lines = process.text().splitlines()
    assert lines[0].startswith("Loss by learning rate")
    del lines[:HEIGHT]
    assert lines[0].startswith("100 rates from 1e-5 to 100 in even ratios, one batch each")
    rules = ("consensus", "valley", "minimum", "slide", "steep", "lightning_linear")
    assert [line.split()[0] for line in lines[1:7]] == list(rules)
    assert lines[7].startswith("Range test: lr ")
    assert "for 400 steps, band" in lines[7]
    assert list(tmp_path.iterdir()) == []


def test_json_is_one_event_and_nothing_else(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.run("find", *FRESH, *WIDE, "--json", home=tmp_path)
    (line,) = process.text().splitlines()
    told = json.loads(line)
    assert told["event"] == "range_tested"
    assert told["band"][0] <= told["suggestion"] <= told["band"][1]
    assert told["rules"]["consensus"] == told["suggestion"]
    again = zygote.run("find", *FRESH, *WIDE, "--json", home=tmp_path)
    assert again.text() == process.text()


def test_json_with_progress_tells_the_points_as_they_come(zygote: Zygote, tmp_path: Path) -> None:
    wanted = ["--json", "--progress", "--confirm", "2", "--confirm-steps", "20"]
    process = zygote.run("find", *FRESH, *WIDE, *wanted, home=tmp_path)
    assert process.code == 0, process.text()
    events = process.events()
    kinds = list(dict.fromkeys(type(event) for event in events))
    assert [kind for kind in kinds if kind is not ConfirmStepped] == [RangeStepped, RangeTested, Confirmed]
    points = [loss for event in events if isinstance(event, RangeStepped) for loss in event.losses]
    (tested,) = [event for event in events if isinstance(event, RangeTested)]
    assert points == tested.losses[: len(points)]


def test_a_range_that_never_diverges_is_refused_with_exit_code_1(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.run("find", *FRESH, "--range", "1e-5:1e-2", "--json", home=tmp_path)
    assert process.code == 1
    event = verdict(process)
    assert event.suggestion is None
    assert event.refusal == "never diverged: raise the upper end"
    assert event.remedy == "raise"


def test_apply_writes_the_rate_into_the_file_and_keeps_its_comments(zygote: Zygote, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    text = "# mine\n[corpus]\nname = 'sums'\n[optim]\nkind = 'adam'\nlr = 0.5  # a guess\n[model]\nhidden = 16\n"
    path.write_text(text)
    flags = [*WIDE, "--set", "train.batch=4", "--set", "train.block=8"]
    process = zygote.run("find", "c.toml", *flags, "--apply", home=tmp_path)
    assert process.code == 0, process.text()
    lr = load_config(path).optim.lr
    assert lr != 0.5
    assert path.read_text() == text.replace("0.5", process.text().rpartition("optim.lr = ")[2].split()[0])
    refused = zygote.run("find", "c.toml", "--range", "1e-7:1e-6", "--apply", home=tmp_path)
    assert refused.code == 1
    assert load_config(path).optim.lr == lr


def test_run_equals_find_and_run_on_the_disk_too(zygote: Zygote, tmp_path: Path) -> None:
    plain = zygote.run("run", "--name", "plain", *TESTED, "--json", home=tmp_path)
    found = zygote.run("run", "--name", "found", *TESTED, "--json", "--at", "0:find", "--at", "31:find", home=tmp_path)
    assert found.code == 0, found.text()
    assert found.events()[-1].state_sha256 == plain.events()[-1].state_sha256
    logged = [
        event for event in EventReader(open_run(tmp_path, "found").events).poll() if isinstance(event, RangeTested)
    ]
    assert [event.step for event in logged] == [0, 31]
    assert zygote.run("replay", "found", home=tmp_path).code == 0


def test_a_dead_run_is_tested_at_its_newest_checkpoint_and_stays_as_it_is(zygote: Zygote, tmp_path: Path) -> None:
    zygote.run("run", "--name", "dead", *TESTED, home=tmp_path)
    before = tree(tmp_path)
    event = verdict(zygote.run("find", "dead", *WIDE, "--json", home=tmp_path))
    assert event.step == 60
    assert tree(tmp_path) == before
    fresh = verdict(zygote.run("find", *TESTED, *WIDE, "--json", home=tmp_path))
    assert fresh.step == 0
    assert fresh.losses[0] is not None
    assert event.losses[0] is not None
    assert event.losses[0] < fresh.losses[0] - 0.05, "the run has learned something"


def test_two_finders_on_one_run_do_not_clash(zygote: Zygote, tmp_path: Path) -> None:
    zygote.run("run", "--name", "shared", *TESTED, home=tmp_path)
    both = [zygote.start("find", "shared", *WIDE, "--json", home=tmp_path, beside=True) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    one, other = (process.text() for process in both)
    assert one == other != ""


def test_a_read_only_home_will_do(zygote: Zygote, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    zygote.run("run", "--name", "old", *TESTED, home=home)
    if subprocess.run(["mount", "--bind", home, home], capture_output=True).returncode:
        pytest.skip("SKIPPED LOUDLY: this machine forbids mounting")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True)
        assert zygote.run("find", "old", *WIDE, home=home, cwd=home).code == 0
        assert zygote.run("find", *FRESH, *WIDE, home=home, cwd=home).code == 0
    finally:
        subprocess.run(["umount", "-l", home], check=True)


def test_a_live_run_pauses_for_it_is_set_and_can_be_replayed(
    zygote: Zygote, live: tuple[RunDirectory, Process], tmp_path: Path
) -> None:
    run, process = live
    finder = zygote.run("find", "live", *WIDE, "--apply", "--json", home=tmp_path, beside=True)
    assert finder.code == 0, finder.text()
    told: list[Event] = [decode_event(line.encode()) for line in finder.text().splitlines()]
    found, changed = told
    assert isinstance(found, RangeTested)
    assert isinstance(changed, RateChanged)
    assert found.step > 0
    assert changed.new == found.suggestion
    process.wait_until(lambda: len(read_history(run).entries) == 1)
    assert zygote.run("ctl", "live", "stop", home=tmp_path, beside=True).code == 0
    assert process.wait() == 0
    assert zygote.run("replay", "live", home=tmp_path).code == 0


CONFIRM = ["--confirm", "3", "--confirm-steps", "20"]


def test_confirm_tells_the_loss_of_each_rate_and_apply_writes_the_winner(zygote: Zygote, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[corpus]\nname = 'sums'\n[optim]\nkind = 'adam'\nlr = 0.5\n[model]\nhidden = 16\n")
    flags = ["c.toml", *WIDE, "--set", "train.batch=4", "--set", "train.block=8", *CONFIRM]
    process = zygote.run("find", *flags, "--apply", home=tmp_path)
    assert process.code == 0, process.text()
    lines = process.text().splitlines()
    at = lines.index("3 rates, 20 steps each from the same state on the same batches")
    assert lines[at + 1].split() == ["rate", "loss", "val", "state"]
    assert len([line for line in lines[at + 2 : at + 5] if float(line.split()[1]) < 10]) == 3
    won = [line.split()[0] for line in lines if line.endswith("the winner")]
    assert lines[at + 5].startswith(f"Confirmation: of 3 rates lr {won[0]} wins after 20 steps")
    assert lines[at + 6].startswith(f"wrote optim.lr = {won[0]} into ")
    assert load_config(path).optim.lr == float(won[0])
    told = zygote.run("find", *flags, "--json", home=tmp_path).events()
    assert [type(event) for event in told] == [RangeTested, Confirmed]
    assert isinstance(told[1], Confirmed)
    assert told[1].winner in told[1].rates


def test_a_live_run_is_confirmed_and_set_to_the_winner(
    zygote: Zygote, live: tuple[RunDirectory, Process], tmp_path: Path
) -> None:
    finder = zygote.run("find", "live", *WIDE, *CONFIRM, "--apply", "--json", home=tmp_path, beside=True)
    assert finder.code == 0, finder.text()
    found, confirmed, changed = [decode_event(line.encode()) for line in finder.text().splitlines()]
    assert isinstance(found, RangeTested)
    assert isinstance(confirmed, Confirmed)
    assert isinstance(changed, RateChanged)
    assert changed.new == confirmed.winner
    asked = zygote.run("ctl", "live", "confirm", "2", "20", home=tmp_path, beside=True).text()
    assert "range test: " in asked or "no band to confirm" in asked
    run, process = live
    assert zygote.run("ctl", "live", "stop", home=tmp_path, beside=True).code == 0
    assert process.wait() == 0
    assert zygote.run("replay", "live", home=tmp_path).code == 0
    logged = [event for event in EventReader(run.events).poll() if isinstance(event, Confirmed)]
    assert logged[0] == confirmed


def test_a_dead_run_is_confirmed_where_its_ledger_goes_on_beyond_its_checkpoint(zygote: Zygote, tmp_path: Path) -> None:
    flags = [*TESTED, "--at", "50:decay", "--set", "train.checkpoint_every=40", "--set", "train.keep=5"]
    zygote.run("run", "--name", "dead", *flags, home=tmp_path)
    for name in ("000000060",):
        for file in (tmp_path / "checkpoints" / "dead" / "steps" / name).iterdir():
            file.unlink()
    process = zygote.run("find", "dead", *WIDE, *CONFIRM, "--json", home=tmp_path)
    assert process.code == 0, process.text()
    (event,) = [event for event in process.events() if isinstance(event, Confirmed)]
    assert event.step == 40


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["--confirm", "1"], 64, ["2 to 32 rates"]),
        (["--confirm", "4", "--confirm-steps", "2"], 64, ["20 to 100,000 steps"]),
        (["names-mlp"], 64, ["names-mlp", "--preset names-mlp"]),
        (["nobody"], 64, ["there is no run 'nobody'"]),
        (["nowhere.toml"], 65, ["nowhere.toml"]),
        (["--range", "1"], 64, ["LOW:HIGH"]),
        (["--range", "1:0.1"], 64, ["at least twice"]),
        (["--range=-1:1"], 64, ["lower end"]),
        (["--points", "5"], 64, ["20 to 10,000 points"]),
        (["--apply"], 64, ["lrtui config init"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_meant_is_a_sentence(
    zygote: Zygote, tmp_path: Path, argv: list[str], code: int, words: list[str]
) -> None:
    flags = [] if argv[0] in ("names-mlp", "nobody", "nowhere.toml") else FRESH
    process = zygote.run("find", *argv, *flags, home=tmp_path)
    assert process.code == code, process.text()
    assert "Traceback" not in process.text()
    assert all(word in process.text() for word in words)


def test_a_run_that_is_not_training_has_no_rate_to_set(zygote: Zygote, tmp_path: Path) -> None:
    zygote.run("run", "--name", "dead", *TESTED, home=tmp_path)
    process = zygote.run("find", "dead", "--apply", home=tmp_path)
    assert process.code == 64
    assert "lrtui resume dead --lr RATE" in process.text()
    process = zygote.run("find", "dead", "--set", "optim.kind=sgd", home=tmp_path)
    assert process.code == 64
    assert "has its configuration already" in process.text()


def test_a_changed_text_is_refused(zygote: Zygote, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("one two three four five six seven\n" * 200)
    flags = [*TESTED, "--set", f"corpus.path={text}"]
    assert zygote.run("run", "--name", "old", *flags, home=tmp_path).code == 0
    text.write_text("one two three four five six eight\n" * 200)
    process = zygote.run("find", "old", home=tmp_path)
    assert process.code == 65
    assert "has changed since" in process.text()
