"""Events as sentences, numbers as people write them: the words of the lines, the bar and the marks on a chart.

Whatever comes from a corpus, a name or an exception is made printable here, before it meets a terminal.
"""

from lrtui.lr.ledger import Entry
from lrtui.messages import (
    CheckpointSaved,
    CommandRejected,
    Confirmed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Paused,
    Raced,
    RangeTested,
    RateChanged,
    Rewound,
    RunResumed,
    RunStarted,
    Sampled,
    Stopped,
    Warned,
)
from lrtui.printable import printable
from lrtui.quantities import duration_text as duration_text
from lrtui.quantities import loss_text as loss_text
from lrtui.quantities import rate_text as rate_text
from lrtui.quantities import size_text as size_text
from lrtui.quantities import speed_text as speed_text
from lrtui.race_words import PLACED as RACE_PLACED
from lrtui.race_words import race_happening, race_text
from lrtui.sweep_words import PLACED, sweep_happening

BASELINES = ("uniform", "unigram", "bigram")
#: what became of a shape when steps were added
_EXTENDED = {"keep": "shape kept", "rescale": "shape rescaled", "restart": "shape restarted"}


def change_text(entry: Entry) -> str:
    """A ledger entry in a few characters, for a mark on a chart: `×0.1`, `lr 2e-4`, `cool down`.

    An incomplete one, as a damaged log may hold, is told by its kind.
    """
    match entry.kind:
        case "scale" if entry.value is not None:
            return f"×{entry.value:.3g}"
        case "set":
            return f"lr {rate_text(entry.value)}"
        case "reshape":
            return printable(entry.schedule.kind) if entry.schedule else "reshape"
        case "cooldown":
            return "cool down"
        case "extend" if entry.steps is not None:
            return f"+{entry.steps:,}"
        case "reset":
            return "fresh optimizer"
        case kind:
            return kind


def baselines_text(baselines: dict[str, float]) -> str:
    return ", ".join(f"{printable(name)} {value:.3f}" for name, value in baselines.items())


#: Events that their sentence places: the others name their step themselves.
_PLACED = (
    RateChanged,
    Rewound,
    Diverged,
    CheckpointSaved,
    Paused,
    Continued,
    CommandRejected,
    Warned,
    RangeTested,
    Confirmed,
    *RACE_PLACED,
    *PLACED,
)


def sentence(event: Event) -> str | None:
    """One or more lines that tell an event, or None where it is told otherwise (steps, evaluations, samples)."""
    told = happening(event)
    return f"step {event.step:,}  {told}" if told is not None and isinstance(event, _PLACED) else told


def happening(event: Event) -> str | None:
    """The `sentence` of an event for where its step stands beside it."""
    match event:
        case RunStarted():
            return _started(event)
        case RunResumed():
            return _resumed(event)
        case RateChanged():
            return _changed(event)
        case Rewound():
            return f"{printable(event.cause)}: back to step {event.to:,}"
        case Diverged():
            return f"diverged at loss {loss_text(event.loss)}: {printable(event.reason)}; {printable(event.action)}"
        case RangeTested():
            return range_text(event)
        case Confirmed():
            return confirmation_text(event)
        case CheckpointSaved():
            kinds = [word for word, true in (("best", event.best), ("pinned", event.pinned)) if true]
            return "checkpoint saved" + (f" ({', '.join(kinds)})" if kinds else "")
        case Paused():
            return "paused"
        case Continued():
            return "continued"
        case CommandRejected():
            return f"{printable(event.command)} refused: {printable(event.reason)}"
        case Warned():
            return f"warning: {printable(event.message)}"
        case Stopped():
            return f"stopped at step {event.step:,} ({printable(event.cause)}); go on with: {printable(event.resume)}"
        case Finished():
            losses = f"train {loss_text(event.train_loss)}, val {loss_text(event.val_loss)}"
            seconds = duration_text(event.seconds)
            return f"finished {event.step:,} steps in {seconds}: {losses}, state {printable(event.state_sha256[:12])}"
        case _:
            return race_happening(event) or sweep_happening(event)


def deed_text(event: RateChanged | Rewound, taken_back: str = "") -> str:
    """A change or a way back as a `sentence`, with what became of a change that was `taken_back` by that cause."""
    fate = {"": "", "undo": "; undone"}.get(taken_back, f"; left behind by the {printable(taken_back)}")
    return f"{sentence(event)}{fate}"


def news(event: Event) -> str | None:
    """What to print about an event as it happens; a checkpoint is news only where somebody asked for it."""
    if isinstance(event, Sampled):
        return sample_text(event)
    if isinstance(event, Raced):
        return race_text(event)
    return None if isinstance(event, CheckpointSaved) and not event.pinned else sentence(event)


def _started(event: RunStarted) -> str:
    told = [
        f"{printable(event.run)}: {event.parameters:,} parameters, {event.steps:,} steps, "
        f"corpus {printable(event.corpus)}, vocabulary of {event.vocabulary:,}"
    ]
    if event.baselines:
        told.append(f"reference lines in nats: {baselines_text(event.baselines)}")
    return "\n".join(told)


def _resumed(event: RunResumed) -> str:
    resumed = f"{printable(event.run)} resumed at step {event.step:,} of {event.steps:,}: {printable(event.badge)}"
    return "\n".join([resumed, *(f"skipped checkpoint: {printable(reason)}" for reason in event.skipped)])


def _changed(event: RateChanged) -> str:
    cause = "" if event.cause in ("user", "script") else f" ({printable(event.cause)})"
    again = ", again after the resume" if event.replayed else ""
    rates = f"lr {rate_text(event.old)} → {rate_text(event.new)}"
    if event.entry.kind == "cooldown":
        steps = event.entry.steps or 0
        rates = f"lr {rate_text(event.old)} → 0 over {steps:,} steps; the run ends at step {event.step + steps:,}"
    if event.entry.kind == "reset":
        rates = f"its state is thrown away; lr {rate_text(event.new)} stays"
    mode = f" steps, {_EXTENDED.get(event.entry.shape or '', 'added')}" if event.entry.kind == "extend" else ""
    return f"{change_text(event.entry)}{mode}{cause}: {rates}{again}"


def range_text(event: RangeTested) -> str:
    """The verdict of a range test on one line."""
    if event.suggestion is None:
        return f"range test: no suggestion, {printable(event.refusal)}"
    band = f", band {' … '.join(map(rate_text, event.band))}" if event.band else ""
    return f"range test: lr {rate_text(event.suggestion)} for {event.horizon:,} steps{band}"


def range_lines(event: RangeTested) -> list[str]:
    """A range test in full: what was tried, what each rule says of it, and the verdict."""
    spread = "evenly spread" if event.linear else "in even ratios"
    tried = f"{event.points:,} rates from {rate_text(event.low)} to {rate_text(event.high)} {spread}, one batch each"
    done = len(event.losses)
    told = [f"{tried}; stopped after {done:,}: {printable(event.stopped)}" if event.stopped else tried]
    for rule, lr in event.rules.items():
        note = {"consensus": "the suggestion", "lightning_linear": "for comparison only"}.get(rule, "")
        inside = lr is not None and event.band is not None and event.band[0] <= float(f"{lr:.1e}") <= event.band[1]
        note = note or ("in the band" if inside else "")
        said = printable(event.refusals.get(rule, "")) if lr is None else f"{rate_text(lr):<9}{note}"
        told.append(f"  {printable(rule):<18}{said}".rstrip())
    verdict = range_text(event)
    return [*told, verdict[0].upper() + verdict[1:]]


def confirmation_text(event: Confirmed) -> str:
    """The verdict of a confirmation on one line."""
    tried = f"confirmation: of {len(event.rates)} rates"
    if event.winner is None:
        return f"{tried} none lasted {event.steps:,} steps"
    won = event.losses[event.rates.index(event.winner)]
    return f"{tried} lr {rate_text(event.winner)} wins after {event.steps:,} steps, loss {loss_text(won)}"


def confirmation_lines(event: Confirmed) -> list[str]:
    """A confirmation in full: the loss that each rate reached, and the verdict."""
    told = [f"{len(event.rates)} rates, {event.steps:,} steps each from the same state on the same batches"]
    told.append(f"  {'rate':<10}{'loss':<8}{'val':<8}state")
    for lr, loss, val, died in zip(event.rates, event.losses, event.val_losses, event.died, strict=True):
        state = f"lost at step {died:,}" if died is not None else "the winner" if lr == event.winner else ""
        told.append(f"  {rate_text(lr):<10}{loss_text(loss):<8}{loss_text(val):<8}{state}".rstrip())
    verdict = confirmation_text(event)
    return [*told, verdict[0].upper() + verdict[1:]]


def evaluation_text(event: Evaluated) -> str:
    """What an evaluation measured, in the 22 cells that a narrow log has; `best` stands for the best `val` so far."""
    name = "best" if event.best else "val"
    return f"{name} {loss_text(event.val_loss)} train {loss_text(event.train_loss)}"


def sample_text(event: Sampled) -> str:
    """A heading and the generated text, prompt first, as safe lines."""
    return f"── sample at step {event.step:,}, T {event.temperature:g}\n{generated(event.prompt, event.text)}"


def generated(prompt: str, text: str) -> str:
    """Prompt and continuation as safe lines."""
    return printable(text if text.startswith(prompt) else prompt + text, keep_newlines=True).rstrip()
