"""Several rates trained side by side from one live state, as lanes of one program, and nothing left behind.

Each lane is what the run would become with its rate: the same weights, optimizer, hidden state and batches, and the
schedule as `lr RATE` would bend it, or on a run that has not begun, as `optim.lr` would. The lanes are tensors of their
own, so the run's are never touched. Recurrent layers take the lanes in turn through the fused kernel, all other layers
at once; nothing is compiled, for the few steps there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from lrtui.engine.evaluate import evaluate
from lrtui.engine.kernels.choose import uncompiled
from lrtui.engine.live import Live
from lrtui.engine.step import TrainStep
from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.lr.confirm import check, check_rates, every, points, tail_mean, winner
from lrtui.lr.divergence import update
from lrtui.lr.ledger import Rate, fold
from lrtui.messages import Confirmed, ConfirmStepped, Event, finite_or_none
from lrtui.models.language_model import build_model
from lrtui.text.batches import Batch

READ_EVERY = 10  # steps between two looks at the losses
PROGRESS = 20  # how many times a confirmation tells of itself at most


def steered(live: Live, lr: float) -> Rate:
    """The rate of the rest of the run, were it set to `lr` now."""
    if live.step == 0 and not live.progress.entries:
        return Rate.of(replace(live.schedule, base=lr))
    rate = fold(live.schedule, live.progress.entries)  # a specimen's rate knows entries that are yet to be replayed
    return rate.apply(ledger.set_rate(rate, live.step, lr))


def lanes_of(live: Live, lanes: int) -> TrainStep:
    """`lanes` copies of the live state side by side, in memory of their own."""
    config, train = uncompiled(live.config), live.train
    model = build_model(config.model, train.model.vocabulary, config.train.block, 0, lanes)
    made = TrainStep(config, model.to_device(train.flat.values.device), train.batches)
    made.flat.values.copy_(train.flat.values)  # broadcast over the lanes, as all that follows
    for name, buffer in train.optimizer.buffers.items():
        made.optimizer.buffers[name].copy_(buffer)
    made.optimizer.updates = train.optimizer.updates
    made.carry = tuple(t.expand(lanes, *t.shape).clone() for t in train.whole_carry())
    return made


class Confirmation:
    """`rates` trained for `steps` steps from the present state of `live`. `rows` trains; what it found stays here."""

    def __init__(self, live: Live, rates: Sequence[float], steps: int, ln_v: float) -> None:
        check(len(rates), steps)
        self.live, self.steps, self.ln_v = live, steps, ln_v
        self.rates = check_rates(rates)
        self.followed = [steered(live, lr) for lr in self.rates]
        self.losses: list[list[float]] = [[] for _ in self.rates]  # of each lane, one a step
        self.died: list[int | None] = [None] * len(self.rates)
        self._watched = [live.progress.divergence] * len(self.rates)
        self.train = lanes_of(live, len(self.rates))

    def train_on(self) -> Iterator[int]:
        """Train a few steps at a time and yield how many are done, until all are or every lane is lost."""
        done = 0
        while done < self.steps and None in self.died:
            end = min(done + READ_EVERY, self.steps)
            for lane, losses in enumerate(self._losses(range(self.live.step + done, self.live.step + end))):
                self._read(lane, losses)
            done = end
            yield done

    def _losses(self, steps: range) -> list[list[float]]:
        """Train `steps`; of each lane its losses."""
        rates = torch.tensor([[[rate(step)] for rate in self.followed] for step in steps])
        momenta = [self.followed[0].momentum(step) for step in steps]
        losses, _ = self.train.kernel.train(steps[0], rates.to(self.train.flat.values.device).unbind(), momenta)
        return losses.reshape(len(steps), -1).T.tolist()

    def _read(self, lane: int, losses: list[float]) -> None:
        for loss in losses:
            self.losses[lane].append(loss)
            if self.died[lane] is None:
                self._watched[lane], reason = update(self._watched[lane], loss, self.ln_v)
                self.died[lane] = None if reason is None else len(self.losses[lane])

    def curves(self, first: int = 0, until: int | None = None) -> list[list[float | None]]:
        """The points `first` … `until` of each lane; a lane that was lost ends where it was."""
        drawn = []
        for losses, died in zip(self.losses, self.died, strict=True):
            made = points(losses[:died], every(self.steps))
            drawn.append([_six_digits(value) for value in made[first:until]])
        return drawn


def confirm(
    live: Live,
    rates: Sequence[float],
    steps: int,
    ln_v: float,
    validation: Sequence[Batch] = (),
    tell: Callable[[], bool] = lambda: False,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """`Confirmed`, and before it what there is of it where `tell()` says that somebody waits.

    Raises UsageError for rates or steps that cannot be, where memory is short, and where it is `interrupted()`.
    """
    try:
        trial = Confirmation(live, rates, steps, ln_v)
        told = 0  # points
        for done in trial.train_on():
            if interrupted():
                raise UsageError(f"the confirmation gave way at step {done} of {steps}: the run is to stop")
            ready = done // every(steps)
            if done < steps and ready - told >= steps / every(steps) / PROGRESS and tell():
                yield ConfirmStepped(
                    live.step,
                    steps=steps,
                    every=every(steps),
                    rates=trial.rates,
                    first=told,
                    curves=trial.curves(told, ready),
                )
                told = ready
        yield _confirmed(trial, validation)
    except torch.OutOfMemoryError:
        raise UsageError(f"there is no memory for {len(rates)} copies of the model", "Confirm fewer rates.") from None


def _confirmed(trial: Confirmation, validation: Sequence[Batch]) -> Confirmed:
    losses = [tail_mean(lane, trial.steps) if at is None else math.nan for lane, at in _lanes(trial)]
    val = evaluate(trial.train, validation).tolist() if validation else [math.nan] * len(losses)
    return Confirmed(
        trial.live.step,
        steps=trial.steps,
        every=every(trial.steps),
        rates=trial.rates,
        curves=trial.curves(),
        losses=[_six_digits(loss) for loss in losses],
        val_losses=[None if at else _six_digits(loss) for loss, at in zip(val, trial.died, strict=True)],
        died=trial.died,
        winner=winner(trial.rates, losses, trial.died),
    )


def _lanes(trial: Confirmation) -> Iterator[tuple[list[float], int | None]]:
    yield from zip(trial.losses, trial.died, strict=True)


def _six_digits(value: float) -> float | None:
    return finite_or_none(float(f"{value:.6g}"))
