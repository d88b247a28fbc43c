"""A lane of a sweep is the solo run with its rate and seed, whatever is cut beside it; and every resume ends alike."""

import math

import msgspec
import pytest

from lrtui.config.schema import Config
from lrtui.engine.inbox import Inbox, Scripted
from lrtui.engine.sweep_state import LanesLeft, SweepCheckpointDue
from lrtui.messages import (
    Command,
    CommandRejected,
    Decay,
    Event,
    Keep,
    Kill,
    LaneKept,
    LanePromoted,
    LanesCut,
    LanesEvaluated,
    LanesStepped,
    Promote,
    Prune,
    PruningChanged,
    Stepped,
    Stop,
    Stopped,
    Swept,
)
from lrtui.runs.sweeps import fold_sweep
from tests.small import FAMILIES, small_config, small_session, trained
from tests.sweeps import RATES, losses_of, of_kind, plan_of, small_sweep, swept, table_of


def solo_losses(config: Config, rate: float, seed: int) -> list[float]:
    optim, train = config.optim.model_copy(update={"lr": rate}), config.train.model_copy(update={"seed": seed})
    session = small_session(config.model_copy(update={"optim": optim, "train": train}))
    blocks = [event.loss for event in trained(session) if isinstance(event, Stepped)]
    return [math.nan if v is None else v for block in blocks for v in block]


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_lane_is_the_solo_run_with_its_rate_and_seed(kind: str) -> None:
    overhead = kind in ("bigram", "mlp")
    steps, tolerance = (200, 1e-5) if overhead else (50, 1e-4)
    rates, optimizer = ([0.01, 0.05, 0.2], "sgd") if overhead else ([1e-4, 2e-3], "adam")
    dropout = 0.0 if kind == "bigram" else 0.1
    schedule = {"kind": "cosine", "warmup": 10}
    config = small_config(kind, optimizer, train={"steps": steps}, model={"dropout": dropout}, schedule=schedule)
    plan = plan_of(rates, [1337, 1338] if kind == "mlp" else [1337], mode="lanes", chunk=23)
    solos = [solo_losses(config, row.rate, row.seed) for row in plan.rows()]
    together = losses_of(swept(small_sweep(config, plan)))
    in_turn = losses_of(swept(small_sweep(config, msgspec.structs.replace(plan, mode="turns"))))
    assert len(together) == len(in_turn) == len(solos)
    for lane, wanted in enumerate(solos):
        assert together[lane] == pytest.approx(wanted, abs=tolerance)
        assert in_turn[lane] == wanted  # the same kernels: the same bits


def test_lanes_stay_their_solo_runs_when_others_are_cut() -> None:
    config = small_config("lstm", train={"steps": 40})
    rates = [1e-4, 3e-4, 1e-3, 2e-3, 3e-3]
    inbox = Inbox()
    inbox.put(Kill(1))
    items = swept(small_sweep(config, plan_of(rates, eta=2, rungs=[12, 25])), inbox)
    assert [cut.left for cut in of_kind(items, LanesCut)] == [4, 3, 2]  # type: ignore[attr-defined]
    for lane, losses in losses_of(items).items():
        assert losses == pytest.approx(solo_losses(config, rates[lane], 1337)[: len(losses)], abs=1e-4)


def hot(steps: int = 60, **sections: dict[str, object]) -> Config:
    """An MLP with plain SGD: quick, and lost at a rate far too high."""
    optim = {"clip": 0.0, "momentum": 0.0, "weight_decay": 0.0}
    return small_config("mlp", "sgd", **{"optim": optim, "train": {"steps": steps}, **sections})


def test_halving_lets_the_best_go_on_and_counts_the_lost_among_the_rest() -> None:
    rates = [1e-6, 1e-3, 1e-2, 5e-2, 1e-1, 2e-1, 1e6, 1e30]
    items = swept(small_sweep(hot(), plan_of(rates, eta=2, rungs=[15, 30, 45])))
    cuts = of_kind(items, LanesCut)
    assert [(cut.cause, cut.rung, cut.left) for cut in cuts] == [  # type: ignore[attr-defined]
        ("diverged", None, 6),
        ("pruned", 1, 4),
        ("pruned", 2, 2),
        ("pruned", 3, 1),
    ]
    table = table_of(items)
    assert [row.state for row in table[-2:]] == ["diverged"] * 2
    assert all(row.died is not None and row.died <= 7 for row in table[-2:])
    (winner,) = [row for row in table if row.state == "done"]
    end = items[-1]
    assert isinstance(end, Swept)
    assert (end.winner, end.rate) == (winner.lane, winner.rate)
    assert winner.val is not None
    # what a rung looked at: the smoothed loss of those it cut is no better than of those it kept
    assert all(row.loss is not None and row.loss > winner.loss for row in table if row.state == "pruned")


def test_the_same_plan_gives_the_same_table() -> None:
    plan = plan_of([1e-3, 1e-2, 5e-2, 1e30], [1, 2], eta=2, rungs=[15, 30])
    assert table_of(swept(small_sweep(hot(), plan))) == table_of(swept(small_sweep(hot(), plan)))


def test_seeds_of_a_rate_are_pruned_together_and_summed_up() -> None:
    items = swept(small_sweep(hot(), plan_of([1e-6, 1e-2, 5e-2], [1, 2, 3], eta=3, rungs=[20])))
    (cut,) = of_kind(items, LanesCut)
    assert len(cut.lanes) == 6  # type: ignore[attr-defined]
    end = items[-1]
    assert isinstance(end, Swept)
    (row,) = [row for row in end.rates if row.state == "done"]
    vals = [lane.val for lane in end.table if lane.rate == row.rate]
    assert row.seeds == 3
    assert row.val == pytest.approx(sum(vals) / 3)  # type: ignore[arg-type]
    assert row.val_spread is not None
    assert row.val_spread > 0


def test_where_every_lane_is_lost_nobody_wins() -> None:
    items = swept(small_sweep(hot(10_000), plan_of([1e30, 1e35])))
    end = items[-1]
    assert isinstance(end, Swept)
    assert end.step < 50
    assert end.winner is end.rate is None


def test_a_plateau_cuts_each_lane_as_its_solo_run() -> None:
    config = hot(
        train={"steps": 60, "eval_every": 5},
        schedule={"kind": "plateau", "patience": 0, "threshold": 0.05},
        optim={"momentum": 0.0},
    )
    rates = [1e-4, 5e-2]
    sweep = small_sweep(config, plan_of(rates))
    losses = losses_of(swept(sweep))
    assert [len(lane.progress.entries) > 0 for lane in sweep.book.lanes] == [True, True]
    for lane, rate in enumerate(rates):
        assert losses[lane] == pytest.approx(solo_losses(config, rate, 1337), abs=1e-5)


def test_a_plateau_sees_the_last_evaluation_once_also_where_a_sweep_is_resumed_at_its_end() -> None:
    config = hot(
        train={"steps": 60, "eval_every": 20, "checkpoint_every": 20},
        schedule={"kind": "plateau", "patience": 0, "threshold": 5.0},
    )
    ends = [item.state for item in swept(small_sweep(config)) if isinstance(item, SweepCheckpointDue)]
    again = small_sweep(config, state=ends[-1])
    assert again.step == 60
    swept(again)
    assert [lane.progress for lane in again.book.lanes] == [record.progress for record in ends[-1].meta.lanes]
    assert [entry.step for entry in again.book.lanes[0].progress.entries] == [40, 60]


# -- resumes ----------------------------------------------------------------------------------------------------------

RICH = plan_of([1e-4, 1e-3, 1e-2, 5e-2, 1e-1, 1e30], [1, 2], eta=2, rungs=[20, 41])


def at_step(step: int, *commands: Command) -> Inbox:
    return Inbox([Scripted(step, i, command) for i, command in enumerate(commands)])


@pytest.mark.parametrize("mode", ["lanes", "turns"])
def test_from_any_checkpoint_it_goes_on_to_the_same_table_to_the_bit(mode: str) -> None:
    config = hot(60, train={"steps": 60, "checkpoint_every": 9, "eval_every": 14})
    plan = plan_of(RICH.rates, RICH.seeds, eta=2, rungs=[20, 41], mode=mode)
    inbox = at_step(28, Kill(9), Keep(4), Prune(3, [50]))
    straight = swept(small_sweep(config, plan), inbox)
    history = fold_sweep([item for item in straight if isinstance(item, Event)])
    assert len(history.by_hand) == 3
    dues = [item for item in straight if isinstance(item, SweepCheckpointDue)]
    assert len(dues) == 7
    for due in dues:
        state = due.state
        sweep = small_sweep(config, plan, state=state, replay=history.by_hand[state.entries :])
        again = swept(sweep)
        assert table_of(again) == table_of(straight)
        last = [item for item in again if isinstance(item, SweepCheckpointDue)]
        for (lanes, ours), (wanted_lanes, theirs) in zip(last[-1].state.packs, dues[-1].state.packs, strict=True):
            assert lanes == wanted_lanes
            assert ours.values.equal(theirs.values)


def test_a_resume_tells_what_was_done_by_hand_as_done_again() -> None:
    config = hot(40, train={"steps": 40, "checkpoint_every": 10})
    straight = swept(small_sweep(config, plan_of()), at_step(21, Kill(0), Keep(1)))
    history = fold_sweep([item for item in straight if isinstance(item, Event)])
    due = next(item for item in straight if isinstance(item, SweepCheckpointDue))
    again = swept(small_sweep(config, plan_of(), state=due.state, replay=history.by_hand))
    assert [cut.replayed for cut in of_kind(again, LanesCut)] == [True]  # type: ignore[attr-defined]
    assert [kept.replayed for kept in of_kind(again, LaneKept)] == [True]  # type: ignore[attr-defined]


def test_what_was_done_to_a_lane_that_has_since_been_ended_earlier_is_passed_over() -> None:
    config = hot(40, train={"steps": 40, "checkpoint_every": 10})
    straight = swept(small_sweep(config, plan_of()), at_step(21, Kill(0), Keep(1)))
    history = fold_sweep([item for item in straight if isinstance(item, Event)])
    due = next(item for item in straight if isinstance(item, SweepCheckpointDue))
    sweep = small_sweep(config, plan_of(), state=due.state, replay=history.by_hand)
    again = swept(sweep, at_step(14, Kill(0), Kill(1)))
    assert [row.died for row in table_of(again)] == [14, 14, None]
    last = [item.state for item in again if isinstance(item, SweepCheckpointDue)][-1]
    assert last.entries == 4  # each is counted: the next resume knows which are behind it


def test_a_stop_leaves_a_state_to_go_on_from() -> None:
    config = hot(40)
    straight = table_of(swept(small_sweep(config)))
    items = swept(small_sweep(config), at_step(14, Stop()))
    *_, due, stopped = items
    assert isinstance(due, SweepCheckpointDue)
    assert isinstance(stopped, Stopped)
    assert (stopped.step, stopped.cause) == (14, "stop")
    assert table_of(swept(small_sweep(config, state=due.state))) == straight


# -- commands ---------------------------------------------------------------------------------------------------------


def test_a_killed_lane_leaves_its_state_and_its_pack() -> None:
    sweep = small_sweep(hot(), plan_of(RATES))
    items = swept(sweep, at_step(10, Kill(1)))
    (left,) = [item for item in items if isinstance(item, LanesLeft)]
    assert left.state.step == 14  # the first boundary since
    assert left.state.lane(1) is not None
    assert left.state.lane(0) is None
    assert table_of(items)[1].state == "killed"
    assert sweep.field.packs[0].lanes == [0, 2]


def test_a_kept_rate_passes_every_rung() -> None:
    items = swept(small_sweep(hot(), plan_of([1e-6, 1e-2, 5e-2], eta=3, rungs=[20])), at_step(5, Keep(0)))
    assert [row.state for row in table_of(items)] == ["done", "pruned", "pruned"]


def test_pruning_may_begin_late_and_end_early() -> None:
    plan = plan_of([1e-4, 1e-3, 1e-2, 5e-2])
    late = swept(small_sweep(hot(), plan), at_step(7, Prune(2, [21])))
    (changed,) = of_kind(late, PruningChanged)
    assert (changed.eta, changed.rungs) == (2, [21])  # type: ignore[attr-defined]
    assert [row.state for row in table_of(late)].count("pruned") == 2
    plan = plan_of([1e-4, 1e-3, 1e-2, 5e-2], eta=2, rungs=[20, 40])
    off = swept(small_sweep(hot(), plan), at_step(28, Prune(0)))
    assert [row.state for row in table_of(off)].count("done") == 2


def test_pruning_again_at_no_rungs_prunes_nothing() -> None:
    config = hot(60, train={"steps": 60, "checkpoint_every": 10})
    plan = plan_of([1e-4, 1e-3, 1e-2, 5e-2])
    states = [item.state for item in swept(small_sweep(config, plan)) if isinstance(item, SweepCheckpointDue)]
    told = [PruningChanged(35, eta=2, rungs=[])]
    again = swept(small_sweep(config, plan, state=states[0], replay=told))
    assert [row.state for row in table_of(again)] == ["done"] * 4


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Kill(99), "no lane 99"),
        (Kill(2), "lane 2 trains no more"),
        (Keep(2), "was diverged at step"),
        (Prune(1), "eta is 2 to 64"),
        (Prune(2, [1000]), "rungs rise from 1 to 59"),
        (Prune(2, [5, 14]), "every one of these rungs is behind: the sweep is at step 14"),
        (Promote(0), "nobody is there"),
        (Promote(7), "no lane 7"),
        (Decay(), "Decay is no command of a sweep"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(command: Command, sentence: str) -> None:
    items = swept(small_sweep(hot(), plan_of([1e-3, 1e-2, 1e30])), at_step(14, command))
    (rejected,) = of_kind(items, CommandRejected)
    assert sentence in rejected.reason  # type: ignore[attr-defined]


def test_a_promoted_lane_is_the_state_of_its_solo_run() -> None:
    config, rates = hot(40), [1e-3, 1e-2, 5e-2]
    made = []

    def promote(promotion):  # type: ignore[no-untyped-def]
        made.append(promotion)
        return "child", promotion.snapshot.step

    items = swept(small_sweep(config, plan_of(rates), promote=promote), at_step(21, Promote(1), Promote()))
    assert [event.lane for event in of_kind(items, LanePromoted)] == [1, 2]  # type: ignore[attr-defined]
    snapshot = made[0].snapshot
    session = small_session(config.model_copy(update={"optim": config.optim.model_copy(update={"lr": rates[1]})}))
    session.live.restore(snapshot)
    assert session.live.step == 21
    losses = [v for event in trained(session) if isinstance(event, Stepped) for v in event.loss]
    assert losses == pytest.approx(losses_of(items)[1][21:], abs=1e-5)
    twin = small_session(session.config)
    twin.live.restore(snapshot)
    trained(twin)
    assert twin.live.sha256() == session.live.sha256()


def test_evaluations_and_steps_are_told_by_lane() -> None:
    items = swept(small_sweep(hot(40, train={"steps": 40, "eval_every": 10})))
    assert [event.step for event in of_kind(items, LanesEvaluated)] == [10, 20, 30, 40]
    assert all(event.lanes == [0, 1, 2] for event in of_kind(items, LanesEvaluated))  # type: ignore[attr-defined]
    assert sum(event.n for event in of_kind(items, LanesStepped)) == 40  # type: ignore[attr-defined]
