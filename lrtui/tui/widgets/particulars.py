"""The particulars of a run: what is trained, on what, by which rate, and whether its bits are exact."""

from typing import Any

from rich.text import Text

from lrtui.lr.ledger import Rate
from lrtui.printable import printable
from lrtui.runs.config_table import section
from lrtui.tui.previews import last_change, next_rate, shape_text
from lrtui.tui.state import RunView
from lrtui.tui.widgets.headline import count_text, device_text, model_text
from lrtui.tui.widgets.run_pane import RunPane
from lrtui.tui.wrapping import cut
from lrtui.words import loss_text, rate_text

_LEVELS = "▁▂▃▄▅▆▇█"
_SPARK_CELLS = 12
_LABEL = 9


class Particulars(RunPane):
    """The Run pane: one line for each particular, the most telling first."""

    def draw(self) -> None:
        if self.view is None:
            self.show([], "Run")
            return
        told = particulars(self.view)
        lines = [
            Text.assemble((f"{label:<{_LABEL}}", "dim"), cut(text, self.size.width - _LABEL)) for label, text in told
        ]
        self.show(lines[: self.size.height], "Run")


def particulars(view: RunView) -> list[tuple[str, str]]:
    """Label and text of every particular that is known, in the order of their weight."""
    optim, train = section(view.config, "optim"), section(view.config, "train")
    told = [
        ("corpus", _corpus(view)),
        ("model", _model(view)),
        ("optim", _optim(optim)),
        ("schedule", _schedule(view)),
        ("seed", _joined(train.get("seed"), view.badge)),
        ("rate", _rate(view)),
        ("changes", _changes(view)),
        ("best", _best(view)),
        ("batch", _batch(view)),
        *_baselines(view),
        ("device", _device(view)),
    ]
    return [(label, text) for label, text in told if text]


def _joined(*parts: object) -> str:
    return " · ".join(printable(str(part)) for part in parts if part not in (None, ""))


def _optim(optim: dict[str, Any]) -> str:
    words = [printable(str(optim.get("kind") or ""))]
    for name, show in (("lr", rate_text), ("momentum", _short), ("clip", _short)):
        value = optim.get(name)
        if isinstance(value, int | float) and value:
            words.append(f"{name} {show(value)}")
    return " ".join(filter(None, words))


def _short(value: float) -> str:
    return f"{value:g}"


def _corpus(view: RunView) -> str:
    corpus, started = section(view.config, "corpus"), view.history.started
    name = started.corpus if started else corpus.get("name") or corpus.get("path")
    return _joined(name, f"{started.vocabulary:,} symbols" if started else None)


def _model(view: RunView) -> str:
    started = view.history.started
    return _joined(model_text(view.config), count_text(started.parameters) if started else None)


def _schedule(view: RunView) -> str:
    if view.rate is None:
        return _joined(section(view.config, "schedule").get("kind"))
    return f"{shape_text(view.rate)} {sparkline(view.rate, _SPARK_CELLS)}"


def sparkline(rate: Rate, cells: int) -> str:
    """The whole rate, edits included, as a row of blocks from zero to its highest value."""
    values = [value for _, value in rate.curve(0, cells)]
    highest = max(values, default=0.0)
    if highest <= 0:
        return _LEVELS[0] * len(values)
    return "".join(_LEVELS[min(len(_LEVELS) - 1, int(value / highest * len(_LEVELS)))] for value in values)


def _rate(view: RunView) -> str:
    rate = view.rate
    if rate is None:
        return ""
    held = "held" if rate.held is not None else None
    cooling = f"cools down to step {rate.total:,}" if rate.cooling else None
    edited = f"×{rate.multiplier:.3g}" if not held and not cooling and rate.multiplier != 1 else None
    told, coming = rate_text(view.lr if view.lr is not None else rate(view.step)), rate_text(next_rate(view))
    if view.condition == "paused" and coming != told:
        told, edited = f"{told} → {coming} next", None  # there is no room for more, and `changes` tells it
    return _joined(told, held, cooling, edited)


def _changes(view: RunView) -> str:
    count = len(view.history.changes)
    return f"{count:,} · {last_change(view)}" if count else ""


def _best(view: RunView) -> str:
    measured = [(event.val_loss, event.step) for event in view.history.evaluations if event.val_loss is not None]
    if not measured:
        return ""
    loss, step = min(measured)
    return f"val {loss_text(loss)} at {step:,}"


def _batch(view: RunView) -> str:
    train = section(view.config, "train")
    batch, block = train.get("batch"), train.get("block")
    return _joined(f"{batch} × {block}" if batch and block else batch, train.get("precision"))


def _baselines(view: RunView) -> list[tuple[str, str]]:
    """What a loss is measured against, in nats."""
    lines = view.history.started.baselines if view.history.started else {}
    return [(name, f"{lines[name]:.3f} nats") for name in ("bigram", "uniform") if name in lines]


def _device(view: RunView) -> str:
    if view.history.started is None:
        return ""
    fingerprint = view.history.started.fingerprint
    threads = fingerprint.get("threads", "")
    return _joined(
        device_text(fingerprint.get("device", "")), f"{threads} thread{'s' * (threads != '1')}" if threads else None
    )
