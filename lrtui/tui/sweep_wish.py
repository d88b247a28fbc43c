"""The sweep that is asked for from a form: one typed line, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

from lrtui.errors import UsageError
from lrtui.lr.halving import check_eta, check_rungs, check_size, default_rungs, parse_rates, parse_rungs
from lrtui.quantities import fine_rate
from lrtui.sweep_words import pruning_text

EXAMPLE = "LOW:HIGH:N, seeds K, prune ETA [RUNG,…];"
_HINT = "For example 1e-4:1e0:16 seeds 3 prune 4."


@dataclass(frozen=True, slots=True)
class SweepWish:
    """`rates` as they are typed, for a sweep with `seeds` of each, pruned by `eta` (0: not) at `rungs` (as typed)."""

    rates: str
    seeds: int = 1
    eta: int = 0
    rungs: str = ""

    @classmethod
    def parse(cls, text: str) -> SweepWish:
        """`1e-4:1e0:16 seeds 3 prune 4 100,400`: what is not said is as it is without. Raises UsageError."""
        words = text.replace(", ", ",").split()
        if not words:
            raise UsageError("type the rates", _HINT)
        rates, words = words[0], words[1:]
        parse_rates(rates)
        seeds, eta, rungs = 1, 0, ""
        while words:
            word, words = words[0].removeprefix("--"), words[1:]
            if word not in ("seeds", "prune"):
                raise UsageError(f"{word!r} is neither seeds nor prune", _HINT)
            number, words = _number(word, words[:1]), words[1:]
            if word == "seeds":
                seeds = number
            else:
                eta = check_eta(number)
                if words and words[0][0].isdigit():
                    rungs, words = words[0], words[1:]
        return cls(rates, seeds, eta, rungs)

    def told(self, steps: int) -> str:
        """What the sweep would be, of `steps` steps. Raises UsageError where it cannot be."""
        rates = parse_rates(self.rates)
        check_size(len(rates), self.seeds)
        rungs = parse_rungs(self.rungs, steps) if self.rungs else default_rungs(len(rates), self.eta or 2, steps)
        check_rungs(rungs, steps)
        size = (f"{len(rates)} rates" if len(rates) > 1 else "one rate") + (
            f" × {self.seeds} seeds" if self.seeds > 1 else ""
        )
        span = f"{fine_rate(rates[0])} to {fine_rate(rates[-1])}" if len(rates) > 1 else fine_rate(rates[0])
        return f"{size}, {span}, {steps:,} steps; {pruning_text(self.eta, rungs)}"

    def arguments(self) -> list[str]:
        """The flags of `lrtui sweep` for it."""
        words = ["--lr", self.rates, "--seeds", f"{self.seeds}", "--prune", f"{self.eta}"]
        return [*words, *(["--rungs", self.rungs] if self.rungs else [])]


def wish_around(lr: float) -> str:
    """The line to begin with for a model with the rate `lr`: two decades below it and one above."""
    return f"{_near(lr / 100)}:{_near(min(lr * 10, 1e3))}:16 prune 4"


def _near(lr: float) -> str:
    return fine_rate(float(f"{lr:.0e}"))


def _number(word: str, found: list[str]) -> int:
    text = found[0] if found else ""
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise UsageError(f"{word} takes a number{f', not {text!r}' if text else ''}", _HINT)
    return int(text)
