"""Which keys a chosen kind of model, optimizer or schedule looks at; forms fold the others away."""

from collections.abc import Mapping

_RECURRENT = frozenset({"rnn", "lstm", "gru"})
_ADAM, _SGD = frozenset({"adam", "adamw"}), frozenset({"sgd"})
_CYCLIC = frozenset({"triangular", "triangular2", "exp_range"})
_TO_AN_END = frozenset({"linear", "cosine", "wsd", "sgdr"})


def _each(section: str, kinds: str, names: str) -> dict[str, frozenset[str]]:
    return {f"{section}.{name}": frozenset(kinds.split()) for name in names.split()}


#: key → the kinds that use it; a key that is not here is used by all
USED_BY: dict[str, frozenset[str]] = {
    "model.embed": _RECURRENT | {"mlp"},
    **dict.fromkeys(("model.hidden", "model.layers", "model.dropout"), _RECURRENT | {"mlp", "gpt"}),
    **_each("model", "mlp", "context"),
    **_each("model", "gpt", "heads bias"),
    **dict.fromkeys(("optim.betas", "optim.eps"), _ADAM),
    **dict.fromkeys(("optim.momentum", "optim.nesterov"), _SGD),
    "schedule.end": _TO_AN_END,
    **_each("schedule", "step multistep exponential exp_range", "gamma"),
    **_each("schedule", "step", "every"),
    **_each("schedule", "multistep", "milestones"),
    **_each("schedule", "sgdr", "cycle cycle_mult cycle_decay"),
    **dict.fromkeys(("schedule.low", "schedule.half"), _CYCLIC),
    **_each("schedule", "one_cycle", "pct div final_div momentum_low momentum_high"),
    **_each("schedule", "wsd", "decay decay_shape"),
    **_each("schedule", "plateau", "factor patience threshold cooldown"),
    "train.block": _RECURRENT | {"gpt"},
}
#: the section whose kind decides, where it is another one
_DECIDED_BY = {"train": "model"}


def is_used(key: str, kinds: Mapping[str, str]) -> bool:
    """Does a run look at `key`? `kinds` holds the kind that each of model, optim and schedule has."""
    section = key.partition(".")[0]
    return key not in USED_BY or kinds[_DECIDED_BY.get(section, section)] in USED_BY[key]
