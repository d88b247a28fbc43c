"""The contest with a fake clock: turns alternate, and the figures are medians of what the clock said."""

import pytest

from lrtui.bench.contest import Outcome, contest, turns


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """Takes `costs[turn]` seconds of the clock for each piece of `piece` steps; the last cost stays."""

    def __init__(self, name: str, log: list[str], clock: Clock, costs: list[float], piece: int = 1) -> None:
        self.name, self.log, self.clock, self.piece = name, log, clock, piece
        self.costs, self.turn = costs, -1

    def ready(self) -> None:
        self.turn += 1
        self.log.append(self.name)
        self.clock.now += 1000.0  # not timed

    def work(self) -> int:
        self.clock.now += self.costs[min(self.turn, len(self.costs) - 1)]
        return self.piece


def test_sides_take_turns_after_one_that_does_not_count():
    log, clock = [], Clock()
    outcome = contest(
        turns(Worker("a", log, clock, [9.0, 0.25]), clock), turns(Worker("b", log, clock, [9.0, 0.5]), clock), 2.0, 3
    )
    assert log == ["a", "b"] * 4
    assert outcome == Outcome(ours=(4.0, 4.0, 4.0), theirs=(2.0, 2.0, 2.0))


def test_the_ratio_is_the_median_of_the_rounds():
    # in round 2 the machine is busy while ours trains, in round 3 while plain does
    log, clock = [], Clock()
    ours = Worker("a", log, clock, [1.0, 0.25, 1.0, 0.25], piece=2)
    plain = Worker("b", log, clock, [1.0, 0.25, 0.25, 0.5])
    outcome = contest(turns(ours, clock), turns(plain, clock), 1.0, 3)
    assert outcome.ratios == (2.0, 0.5, 4.0)
    assert outcome.ratio == 2.0


def test_rounds_are_compared_with_themselves():
    # the machine slows down for good: within each round both sides feel it alike
    outcome = Outcome(ours=(30.0, 20.0, 10.0), theirs=(10.0, 10.0, 5.0))
    assert outcome.ratio == 2.0
    assert min(outcome.ratios), max(outcome.ratios) == (2.0, 3.0)


@pytest.mark.parametrize(("cost", "seconds", "speed"), [(0.5, 2.0, 2.0), (3.0, 2.0, 1 / 3), (0.5, 0.001, 2.0)])
def test_a_turn_lasts_its_time_or_one_piece_of_work(cost, seconds, speed):
    clock = Clock()
    assert turns(Worker("a", [], clock, [cost]), clock)(seconds) == pytest.approx(speed)
    assert clock.now == 1000.0 + max(cost, seconds if seconds > cost else cost)
