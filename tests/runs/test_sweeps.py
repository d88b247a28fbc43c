"""The story of a sweep from its log: what a resume takes back, what was done by hand, and where it stands."""

from pathlib import Path

import pytest

from lrtui.errors import UsageError
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    LaneKept,
    LaneRow,
    LanesCut,
    LanesEvaluated,
    PruningChanged,
    Stopped,
    SweepResumed,
    SweepStarted,
    Swept,
)
from lrtui.runs.catalog import summarize
from lrtui.runs.directory import create_run
from lrtui.runs.events import EventLog
from lrtui.runs.sweep_table import rate_rows, winner
from lrtui.runs.sweeps import SweepPlan, fold_sweep, is_sweep, read_plan, read_sweep, refuse_sweep, write_plan

STARTED = SweepStarted(
    0,
    run="s",
    rates=[0.1, 0.2],
    seeds=[1, 2],
    eta=2,
    rungs=[50],
    mode="lanes",
    because="",
    chunk=10,
    parameters=7,
    steps=100,
    vocabulary=4,
    corpus="count",
    corpus_sha256="",
    baselines={},
    fingerprint={},
    schedule=Schedule(base=0.1, steps=100),
)


def resumed(step: int, entries: int = 0) -> SweepResumed:
    return SweepResumed(
        step, run="s", badge="exact", rates=[0.1, 0.2], seeds=[1, 2], steps=100, entries=entries, fingerprint={}
    )


def cut(step: int, lane: int, cause: str, replayed: bool = False) -> LanesCut:
    return LanesCut(step, lanes=[lane], cause=cause, died=[step], losses=[2.0], left=3, replayed=replayed)


def test_rows_follow_the_log() -> None:
    vals = LanesEvaluated(25, lanes=[0, 1, 2, 3], val_losses=[1.0, 2.0, 3.0, None])
    history = fold_sweep([STARTED, vals, cut(30, 3, "diverged"), LaneKept(35, lane=1), cut(40, 2, "killed")])
    assert [row.state for row in history.rows] == ["training", "training", "killed", "diverged"]
    assert [row.val for row in history.rows] == [1.0, 2.0, 3.0, None]
    assert [(row.rate, row.seed) for row in history.rows] == [(0.1, 1), (0.1, 2), (0.2, 1), (0.2, 2)]
    assert history.rows[1].kept
    assert history.rows[2].died == 40
    assert history.by_hand == (LaneKept(35, lane=1), cut(40, 2, "killed"))
    assert (history.eta, history.rungs) == (2, (50,))


def test_a_resume_takes_back_what_came_later_but_not_what_was_done_by_hand() -> None:
    story = [STARTED, cut(10, 3, "diverged"), LanesEvaluated(20, lanes=[0], val_losses=[9.0]), cut(20, 0, "killed")]
    story += [cut(30, 1, "pruned"), LanesEvaluated(40, lanes=[2], val_losses=[8.0]), resumed(20)]
    history = fold_sweep(story)
    assert [row.state for row in history.rows] == ["training", "training", "training", "diverged"]
    assert history.by_hand == (cut(20, 0, "killed"),)
    assert history.evaluations == ((20, {0: 9.0}),)
    again = fold_sweep([*story, cut(20, 0, "killed", replayed=True), cut(30, 1, "pruned")])
    assert [row.state for row in again.rows] == ["killed", "pruned", "training", "diverged"]
    assert again.by_hand == history.by_hand
    # a second resume, from a state that has the change by hand
    last = fold_sweep([*story, cut(20, 0, "killed", replayed=True), cut(30, 1, "pruned"), resumed(20, entries=1)])
    assert [row.state for row in last.rows] == ["killed", "training", "training", "diverged"]


def test_a_change_by_hand_before_known_ones_takes_its_place() -> None:
    later, earlier = PruningChanged(50, eta=0, rungs=[]), LaneKept(30, lane=0)
    history = fold_sweep([STARTED, later, resumed(20), earlier])
    assert history.by_hand == (earlier, later)
    assert (history.eta, history.rungs) == (0, ())


def test_a_directory_knows_that_it_is_a_sweep(tmp_path: Path) -> None:
    run, other = create_run(tmp_path, "s"), create_run(tmp_path, "r")
    plan = SweepPlan(rates=[0.1, 0.2], seeds=[1, 2], eta=2, rungs=[50], chunk=10)
    write_plan(run, plan)
    assert read_plan(run) == plan
    assert (is_sweep(run), is_sweep(other), read_plan(other)) == (True, False, None)
    with pytest.raises(UsageError, match="lrtui promote s"):
        refuse_sweep(run)
    refuse_sweep(other)
    run.sweep_json.write_bytes(b"{")
    assert read_plan(run) is None


def test_a_list_of_runs_tells_a_sweep_by_its_best_lane(tmp_path: Path) -> None:
    run = create_run(tmp_path, "s")
    write_plan(run, SweepPlan(rates=[0.1, 0.2], seeds=[1, 2]))
    run.config_toml.write_text('[model]\nkind = "mlp"\nhidden = 9\n')
    assert summarize(run).state == "crashed"
    rows = [LaneRow(lane=i, rate=0.1 * (1 + i // 2), seed=i % 2, state="done", loss=2.0, val=3.0 - i) for i in range(4)]
    with EventLog(run) as log:
        log.append(STARTED)
        log.append(Stopped(40, cause="stop", state_sha256="", resume="lrtui resume s"))
        assert summarize(run).state == "saved"
        log.append(resumed(40))
        log.append(Swept(100, table=rows, rates=rate_rows(rows, 100), winner=3, rate=0.2))
    summary = summarize(run)
    assert (summary.kind, summary.lanes, summary.state) == ("sweep", 4, "finished")
    assert (summary.step, summary.steps, summary.model) == (100, 100, "4× mlp 9")
    assert (summary.val, summary.lr, summary.loss) == (0.0, 0.2, 2.0)
    assert read_sweep(run).rows == tuple(rows)


# -- the table --------------------------------------------------------------------------------------------------------


def row(lane: int, rate: float, state: str, val: float | None, died: int | None = None) -> LaneRow:
    return LaneRow(lane=lane, rate=rate, seed=lane % 2, state=state, loss=val, val=val, died=died)


def test_rates_are_means_over_the_seeds_that_came_as_far() -> None:
    rows = [row(0, 0.1, "done", 1.0), row(1, 0.1, "done", 3.0), row(2, 0.2, "done", 1.5), row(3, 0.2, "diverged", 9, 5)]
    first, second = rate_rows(rows, 100)
    assert (first.val, first.val_spread, first.seeds, first.lost) == (2.0, pytest.approx(2**0.5), 2, 0)
    assert (second.val, second.val_spread, second.seeds, second.lost, second.steps) == (1.5, 0.0, 1, 1, 100)
    best = winner(rows)
    assert best is not None
    assert best.lane == 0  # 0.2 is lower, but lost a seed


def test_a_rate_that_was_cut_is_told_by_its_cut() -> None:
    (told,) = rate_rows([row(0, 0.1, "pruned", 2.0, 50), row(1, 0.1, "pruned", 2.5, 50)], 100)
    assert (told.state, told.steps, told.loss) == ("pruned", 50, 2.25)
    (told,) = rate_rows([row(0, 0.1, "diverged", 2.0, 7), row(1, 0.1, "diverged", None, 9)], 100)
    assert (told.state, told.steps, told.loss, told.val, told.seeds) == ("diverged", 9, None, None, 0)


def test_nobody_wins_without_a_validation_loss() -> None:
    assert winner([row(0, 0.1, "done", None), row(1, 0.1, "diverged", 1.0, 5)]) is None
    assert winner([]) is None
