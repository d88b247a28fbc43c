"""What is known of the races of a run from its events alone, in whatever pieces they come."""

from dataclasses import replace

from lrtui.figure import Look
from lrtui.messages import RaceDropped, RaceKept, RunResumed
from lrtui.tui.charts import loss_lines
from lrtui.tui.race_charts import race_chart
from lrtui.tui.races import Races, fold
from tests.tui.raced import DIED, EVERY, KEPT, RACED, SAMPLES, STARTED, STEPS, curve, races, stepped
from tests.tui.views import view


def test_a_race_grows_piece_by_piece_to_what_its_end_tells() -> None:
    grown = races(STARTED, stepped(0, 20), stepped(20, 70), stepped(70, 100, samples=False)).on
    whole = races(STARTED, RACED).on
    assert grown is not None
    assert whole is not None
    assert grown.curves == whole.curves == tuple(tuple(curve(factor, 0, 100)) for factor in (1.0, 0.3, 10.0))
    assert grown.samples == SAMPLES
    assert (grown.done, grown.ran, whole.ran, whole.leader) == (STEPS, False, True, 2)


def test_a_kept_race_leaves_ghosts_and_a_dropped_one_nothing() -> None:
    kept = races(STARTED, stepped(0, 50), RACED, KEPT)
    assert kept.on is None
    (first, second) = kept.ghosts()
    assert first[0][:2] == [400 + EVERY, 400 + 2 * EVERY]
    assert len(first[0]) == STEPS // EVERY
    assert second[0][-1] == 400 + DIED
    assert races(STARTED, RACED, RaceDropped(400)) == Races()


def test_a_worker_that_dies_ends_the_race_and_not_the_ghosts() -> None:
    resumed = RunResumed(300, run="x", badge="exact", steps=1000, entries=0, fingerprint={})
    assert races(STARTED, stepped(0, 50), resumed) == Races()
    kept = races(STARTED, RACED, KEPT)
    assert fold(kept, [STARTED], over=True) == kept


def test_events_of_a_race_nobody_has_seen_begin_are_left_out() -> None:
    assert races(stepped(0, 50), RACED, RaceKept(400, lane=1, factor=1.0, at=600)) == Races()


def test_the_chart_names_every_lane_and_the_loss_chart_shows_the_lanes_left_behind() -> None:
    look = Look(width=90, height=20, colour=False)
    race = races(STARTED, stepped(0, 70)).on
    assert race is not None
    drawn = race_chart(race, look)
    assert all(name in drawn for name in ("1 ×1", "2 ×0.3", "3 ×10"))
    wild = race.curves[2][:5] + (900.0,) * 25
    kept_low = race_chart(replace(race, curves=(*race.curves[:2], wild)), look)
    assert "900" not in kept_low, "a lost lane must not squeeze the others"
    assert "1.52" in kept_low
    without, beside = loss_lines(view(), look), loss_lines(view(races=races(STARTED, RACED, KEPT)), look)
    assert "left behind" not in without
    assert "left behind" in beside
