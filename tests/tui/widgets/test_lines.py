"""What the panes of the training screen say of a run: pure lines, cut to their width by parts."""

from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.style import Style

from lrtui.lr import ledger
from lrtui.lr.diagnose import Diagnosis
from lrtui.lr.ledger import EXTEND_MODES
from lrtui.lr.rate import Rate
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    Command,
    CoolDown,
    Decay,
    Evaluated,
    Extend,
    Hold,
    Release,
    ResetOptimizer,
    Reshape,
    Rewound,
    SetRate,
    Step,
    Undo,
)
from lrtui.tui.branches import LEFT_BEHIND
from lrtui.tui.health import Health
from lrtui.tui.previews import preview
from lrtui.tui.state import RunView
from lrtui.tui.widgets.figures import figures
from lrtui.tui.widgets.headline import bar, count_text, device_text, headline, model_text
from lrtui.tui.widgets.log import log_lines
from lrtui.tui.widgets.particulars import particulars, sparkline
from lrtui.tui.widgets.sample import sample_lines, sample_title
from lrtui.tui.widgets.sample_history import changes_between, history_lines
from lrtui.words import evaluation_text, loss_text
from tests.tui.views import changed, folded, log, sample, view


def plain(_level: object) -> Style:
    return Style()


def test_the_headline_tells_everything_where_there_is_room() -> None:
    told = headline(view(), 140).plain
    assert told.startswith(" lrtui · quiet-otter · lstm 2×256 · 1.1M · cpu ")
    assert told.endswith("● training  step 400/1,000  ━━━━──────  40%  3,120 it/s  ETA 12:03")


@pytest.mark.parametrize("width", range(20, 160))
def test_the_headline_fits_and_keeps_what_matters_most(width: int) -> None:
    told = headline(view(), width).plain
    if width >= 60:
        assert cell_len(told) <= width
    assert "quiet-otter" in told
    assert "● training" in told
    assert "step 400/1,000" in told


def test_the_headline_of_eighty_cells() -> None:
    told = headline(view(), 80).plain
    assert told == " quiet-otter             ● training  step 400/1,000  40%  3,120 it/s  ETA 12:03"


def test_a_headline_without_a_run_and_before_its_first_event() -> None:
    assert headline(None, 80).plain.strip() == "lrtui"
    opening = replace(view(), condition="opening", total=0, history=replace(view().history, started=None), config={})
    assert headline(opening, 80).plain.split() == ["lrtui", "·", "quiet-otter", "●", "opening"]


def test_a_paused_run_has_no_speed() -> None:
    told = headline(view(condition="paused"), 120).plain
    assert "● paused" in told
    assert "it/s" not in told


def test_short_words() -> None:
    assert bar(0.25, 8) == "━━──────"
    assert [count_text(n) for n in (3481, 99_999, 228_000, 1_100_000)] == ["3,481", "99,999", "228k", "1.1M"]
    assert device_text("cpu x86_64 AVX512") == "cpu"
    assert device_text("NVIDIA H100 80GB HBM3") == "H100 80GB HBM3"
    assert model_text({"model": {"kind": "bigram", "layers": 1, "hidden": 2}}) == "bigram"


@pytest.mark.parametrize("config", [{}, {"model": 3}, {"model": {"kind": "[/b]\x1b[31m", "layers": [], "hidden": {}}}])
def test_a_config_that_anyone_may_have_written(config: dict[str, object]) -> None:
    assert "\x1b" not in model_text(config)
    run = replace(view(), config=config)
    assert all("\x1b" not in text for _, text in particulars(run))
    headline(run, 120)


def test_particulars() -> None:
    told = dict(particulars(changed(view("cosine"), at=300)))
    assert told["corpus"] == "shakespeare · 65 symbols"
    assert told["model"] == "lstm 2×256 · 1.1M"
    assert told["optim"] == "adam lr 2e-3 clip 1"
    assert told["seed"] == "1337 · exact"
    assert told["schedule"].startswith("cosine ▁") or told["schedule"].startswith("cosine █")
    assert told["rate"] == "1.3e-4 · ×0.1"
    assert told["changes"] == "1 · ×0.1 at 300"
    assert told["best"] == "val 1.610 at 400"
    assert told["batch"] == "50 × 50 · fp32"
    assert (told["bigram"], told["uniform"]) == ("2.450 nats", "4.170 nats")
    assert told["device"] == "cpu · 2 threads"


def test_particulars_tell_a_hold_and_a_cool_down() -> None:
    rate = view().rate
    assert rate is not None
    assert dict(particulars(folded(view(), ledger.hold(rate, 100))))["rate"] == "2e-3 · held"
    cooling = folded(view(), ledger.cool_down(rate, 300, 200))
    assert dict(particulars(cooling))["rate"] == "1e-3 · cools down to step 500"


def test_the_sparkline_is_the_whole_rate() -> None:
    assert sparkline(Rate.of(Schedule(base=1.0, steps=100)), 5) == "█████"
    linear = sparkline(Rate.of(Schedule(kind="linear", base=1.0, steps=100)), 8)
    assert linear == "█▇▆▅▄▃▂▁"
    assert sparkline(Rate.of(Schedule(base=1.0, steps=2)), 8) == "██"


def test_the_log_shows_its_newest_lines() -> None:
    run = view(log=log((0, "began"), (12_000, "decay ×0.1 → 2e-4"), (12_400, "checkpoint saved (pinned)")))
    assert [line.plain for line in log_lines(run, 40, 2, plain)] == [
        "12,000 decay ×0.1 → 2e-4",
        "12,400 checkpoint saved (pinned)",
    ]
    narrow = [line.plain for line in log_lines(run, 24, 3, plain)]
    assert narrow == ["12,000 decay ×0.1 → 2e-4", "12,400 checkpoint saved", "       (pinned)"]


def test_a_hostile_log_line_is_text() -> None:
    run = view(log=log((1, "[bold]x[/b]\x1b]0;evil\x07")))
    (line,) = log_lines(run, 60, 5, plain)
    assert line.plain == "1 [bold]x[/b]␛]0;evil␇"
    assert [span.style for span in line.spans if span.style not in ("dim", Style())] == []


def test_figures_say_what_to_press() -> None:
    assert figures(view(), "CPU 93%", 80).plain.startswith(" loss 1.520  val 1.610  lr 2e-3  grad 0.8 ")
    assert figures(view(), "CPU 93%", 80).plain.endswith("CPU 93%")
    assert "paused: space goes on" in figures(view(condition="paused"), "", 120).plain
    assert "R resumes" in figures(view(condition="crashed"), "", 120).plain
    assert figures(None, "", 80).plain.strip() == ""


@pytest.mark.parametrize("width", range(10, 130))
@pytest.mark.parametrize("condition", ["training", "paused"])
def test_figures_fit(width: int, condition: str) -> None:
    told = figures(view(condition=condition), "GPU 93% 6.1/80 GB 412 W", width).plain
    if width >= 48:
        assert cell_len(told) <= width


def test_a_sample_is_wrapped_and_safe() -> None:
    made = sample(12_400, "日本語" * 4_000 + "e\u0301\x1b[2J[bold]", prompt="KING ")
    lines = sample_lines(made, 40, 5)
    assert len(lines) == 5
    assert lines[0].startswith("KING 日本")
    assert all(cell_len(line) <= 40 for line in lines)
    assert sample_title(made) == "Sample · step 12,400 · T 0.8"


def history() -> RunView:
    run = changed(view(), at=300)
    return replace(run, samples=(sample(100, "aaa"), sample(200, "bbb"), sample(400, "ccc [/b]"), sample(300, "ddd")))


def test_before_and_after_a_change_stand_side_by_side() -> None:
    run = history()
    assert changes_between(run, run.samples[0], run.samples[1]) == []
    assert len(changes_between(run, run.samples[1], run.samples[2])) == 1
    lines = [line.plain for line in history_lines(run, 60)]
    assert any(line.startswith("── ×0.1 at step 300: 2e-3 → 2e-4 ─") for line in lines)
    heads = next(line for line in lines if "before" in line and "after" in line)
    assert heads.index("before · step 200") < heads.index("│") < heads.index("after · step 400")
    texts = next(line for line in lines if line.startswith("bbb"))
    assert texts.endswith("│ ccc [/b]")
    assert all(cell_len(line) <= 60 for line in lines)


def test_the_history_marks_the_way_back() -> None:
    lines = [line.plain for line in history_lines(history(), 60)]
    assert lines[0].startswith("── step 300 · T 0.8 ─")
    assert any(line.startswith("── back from step 400 ") for line in lines)


def test_paused_the_rate_to_come_is_told() -> None:
    waits = changed(view(condition="paused"), at=400, factor=2.45)
    waits = replace(waits, lr=2e-3)
    assert dict(particulars(waits))["rate"] == "2e-3 → 4.9e-3 next"
    assert "lr 4.9e-3" in figures(waits, "", 120).plain


def test_an_evaluation_fits_one_line_of_the_log() -> None:
    told = evaluation_text(Evaluated(step=1, train_loss=1.246, val_loss=1.4, best=True))
    assert told == "best 1.400 train 1.246"
    assert loss_text(2e-4) == "2e-4"
    assert loss_text(0.0) == "0.000"


def test_left_behind_samples_stay_in_the_history_marked() -> None:
    run = view(samples=(sample(300, "aaa"), sample(400, "bbb"), sample(500, "ccc")), eras=(0, 0, 1))
    run = replace(run, history=replace(run.history, rewinds=(Rewound(step=450, to=350, entries=0, cause="undo"),)))
    heads = [line.plain for line in history_lines(run, 60) if line.plain.startswith("──")]
    assert [LEFT_BEHIND in head for head in heads] == [False, True, False]


PLATEAU = Diagnosis(sign="plateau", sentence="plateau since 11,200", advice=(("decay", "decay"),))
HOST = "CPU 93% 6.1/80 GB · worker 99% 400 MB"


def ailing(**more: object) -> RunView:
    return view(health=Health(told=PLATEAU), **more)  # type: ignore[arg-type]


def test_a_diagnosis_stands_beside_the_figures_with_the_key_to_press() -> None:
    told = figures(ailing(), HOST, 150).plain
    assert "grad 0.8 │ plateau since 11,200: decay (d) · i says why" in told
    assert HOST in told
    told = figures(ailing(), HOST, 120).plain
    assert " │ plateau since 11,200: decay (d)  " in told
    assert HOST in told, "why is said by the help, too"
    assert "decay (g) · f5 says why" in figures(ailing(), "", 150, keymap={"decay": "g", "why": "f5"}).plain


@pytest.mark.parametrize("width", range(60, 200))
def test_a_diagnosis_fits_and_is_whole(width: int) -> None:
    told = figures(ailing(), HOST, width).plain
    assert cell_len(told) <= width
    assert "plateau since 11,200: decay (d)" in told


def long_run(kind: str) -> RunView:
    """One of 50,000 steps, far along, whose rate has two digits."""
    rate = Rate.of(Schedule(kind=kind, base=4.5e-3, steps=50_000, warmup=500))
    return view(step=41_800, rate=rate, total=50_000, lr=rate(41_800))


def test_what_a_key_means_is_said_whole_in_eighty_columns() -> None:
    undone = changed(long_run("constant"), at=41_764, factor=2.45)
    said = [preview(undone, Undo())]
    commands: list[Command] = [Decay(), SetRate(1.5e-4), Hold(), ResetOptimizer(), CoolDown(5_000), Step(5_000)]
    commands += [Reshape({"kind": "inverse_sqrt"}), *(Extend(12_000, mode) for mode in EXTEND_MODES)]
    for kind in ("constant", "inverse_sqrt", "wsd", "one_cycle"):
        run = long_run(kind)
        assert run.rate is not None
        held = folded(run, ledger.hold(run.rate, 40_000))
        said += [preview(run, command) for command in commands] + [preview(held, Release()), preview(held, Decay())]
    for told in said:
        line = figures(undone, HOST, 80, told).plain
        assert told in line
        assert cell_len(line) <= 80


def test_the_figures_come_back_where_there_is_room_for_both() -> None:
    assert figures(view(), "", 80, "paused").plain.startswith(" loss 1.520  val 1.610  lr 2e-3  grad 0.8 │ paused")
    long = "×0.1: 2e-3 → 2e-4 at the next step; held there until h releases it"
    assert figures(view(), HOST, 80, long).plain.strip() == long
    assert figures(view(), HOST, 90, long).plain.startswith(" loss 1.520 │ ×0.1")
    assert figures(view(), HOST, 40, long).plain.rstrip().endswith("…"), "a terminal this small is told only the rates"


def test_what_asks_for_something_comes_before_a_diagnosis() -> None:
    assert "plateau" not in figures(ailing(), "", 120, "×0.1: 2e-3 → 2e-4").plain
    told = figures(ailing(condition="paused"), "", 150).plain
    assert "paused: space goes on, n trains one step · plateau since 11,200" in told
    told = figures(ailing(condition="finished"), "", 150).plain
    assert told.rstrip().endswith("finished: R gives it more steps · plateau since 11,200"), "d would do nothing"
    held = folded(ailing(), ledger.hold(view().rate, 100))  # type: ignore[arg-type]
    assert "plateau since" in figures(held, "", 120).plain
