"""The bench's figures for people and for programs."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING

from lrtui.bench.peers import PEERS, told
from lrtui.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrtui.bench.rows import Row
    from lrtui.bench.sides import Figures

HEADING = f"{'row':<18}{'parameters':>11}{'lrtui/s':>10}{'other/s':>10}{'ratio':>8}{'min':>7}{'max':>7}{'goal':>7}"


def preamble(rows: Sequence[Row], torch_version: str, threads: int, seconds: float, rounds: int) -> str:
    """What was measured and how, in a few lines."""
    peers = [row.peer for row in rows if row.peer]
    rivals = (
        "lightning-*, fastai-*, transformers-*, torch-lr-finder: the same against that library around the plain model, "
        f"at its quickest.\n{told(peers)}.\n"
    )
    return (
        f"Steps a second: lrtui with metrics on against a plain PyTorch loop, in turns of {seconds:g} s, "
        f"{rounds} rounds; medians.\n"
        f"The plain loop has a process of its own, with PyTorch and its allocator as they come.\n"
        f"*-layers: forward and backward alone, lane-aware layers against torch.nn modules. "
        f"find: range tests of 1,000 points against plain steps. *-lanes: steps of all lanes together.\n"
        f"sweep-*: whole sweeps against one plain run of as many steps; 0.5 is all rates in the time of two runs.\n"
        f"sweep-*-runs: the same against as many runs of lrtui, one after another.\n"
        f"sample-lstm: characters a second against stepping nn.LSTM. sample-gpt-late: those of the last quarter of a "
        f"block of 256 against those of the first.\n"
        f"{rivals if peers else ''}"
        f"torch {torch_version}, CPU, {threads} thread{'s' * (threads != 1)}, fp32 but for ours in *-bf16. "
        "Built-in texts, no network: unicode stands in for names, python for Shakespeare.\n"
    )


def missing_line(row: Row, why: str) -> str:
    """The row of a peer that could not be measured."""
    return f"{row.name:<18} {printable(why)}"


def missing_json(row: Row, why: str) -> str:
    """The same as a JSON object."""
    return json.dumps({"row": row.name, "measures": row.measures, "against": row.peer, "missing": why})


def line(figures: Figures) -> str:
    """One row of the table under `HEADING`."""
    outcome = figures.outcome
    return (
        f"{figures.row.name:<18}{figures.parameters:>11,}{_speed(median(outcome.ours)):>10}"
        f"{_speed(median(outcome.theirs)):>10}{outcome.ratio:>7.2f}×{min(outcome.ratios):>7.2f}"
        f"{max(outcome.ratios):>7.2f}{figures.row.goal:>7.2f}"
    )


def _speed(steps: float) -> str:
    return f"{steps:,.0f}" if steps >= 100 else f"{steps:.1f}"


def json_line(figures: Figures, torch_version: str, threads: int, seconds: float) -> str:
    """One row as one JSON object, every round in it; `against` which peer, where it is one."""
    outcome, peer = figures.outcome, figures.row.peer
    return json.dumps(
        {
            "row": figures.row.name,
            "measures": figures.row.measures,
            "against": f"{peer} {PEERS[peer].version}" if peer else "",
            "ratio": outcome.ratio,
            "ratio_min": min(outcome.ratios),
            "ratio_max": max(outcome.ratios),
            "goal": figures.row.goal,
            "ours": list(outcome.ours),
            "theirs": list(outcome.theirs),
            "parameters": figures.parameters,
            "vocabulary": figures.vocabulary,
            "seconds": seconds,
            "threads": threads,
            "lanes": figures.row.lanes,
            "precision": figures.precision,
            "device": "cpu",
            "torch": torch_version,
        }
    )
