"""What a run is: every key a configuration may hold, its type, range, default and description, declared once.

The TOML file, `--set`, the `config init` template, the JSON schema, help and forms are all made from these models.
They are strict (no unknown key, no coercion, no NaN or infinity) and frozen. Rules that tie several keys together
are in rules.py; how a broken one is told to a person is in problems.py.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from lrtui.config.rules import broken_rules
from lrtui.lr.schedule import Schedule

#: tensors and step counts are signed 64-bit; a bound far below that keeps every sum of them exact
MOST = 10**12
MOST_SEED = 2**63 - 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEVICE = re.compile(r"auto|cpu|cuda(:[0-9]{1,3})?|mps")


def _listed(value: Any) -> Any:
    """TOML and JSON know lists only; the models hold tuples, so that they stay frozen and hashable."""
    return tuple(value) if isinstance(value, list) else value


def _device(value: str) -> str:
    if not DEVICE.fullmatch(value):
        raise PydanticCustomError("sentence", "must be auto, cpu, cuda, cuda:N or mps")
    return value


def _corpus_name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise PydanticCustomError(
            "sentence", "must be a name of letters, digits, '.', '_' and '-' (a file or folder goes in corpus.path)"
        )
    return value


def _writable(value: str) -> str:
    """An argument of the command line that was no UTF-8 arrives with lone surrogates, which no file can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("sentence", "must be text that UTF-8 can hold") from None
    return value


def _file_name(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise PydanticCustomError("sentence", "must be the path of a file or folder")
    return value


Text = Annotated[str, AfterValidator(_writable)]
Count = Annotated[int, Field(ge=1, le=MOST)]
CountOrZero = Annotated[int, Field(ge=0, le=MOST)]
Size = Annotated[int, Field(ge=1, le=10**6)]
Width = Annotated[int, Field(ge=1, le=65536)]
Positive = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(gt=0, le=1e9)]
Divisor = Annotated[float, Field(ge=1, le=1e12)]
Part = Annotated[float, Field(gt=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


def _doc(description: str, example: Any = None) -> Any:
    """What help, form, template and README say of a field; `example` is a value for a field that is unset."""
    return Field(description=description, examples=None if example is None else [example])


class Section(BaseModel):
    """The strictness all sections share."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class CorpusConfig(Section):
    """The text to learn."""

    name: Annotated[
        Annotated[str, AfterValidator(_corpus_name)] | None,
        _doc("a built-in text (count, sums, python, unicode), one to download (names, shakespeare) or an added one"),
    ] = "python"
    path: Annotated[
        Annotated[Text, AfterValidator(_file_name)] | None,
        _doc("a file or folder of text files instead of a name, relative to the current folder", "my-text.txt"),
    ] = None
    mode: Annotated[
        Literal["stream", "lines"], _doc("stream: one long text; lines: one item a line, with a boundary token between")
    ] = "stream"
    vocab: Annotated[
        Literal["char", "byte"], _doc("char: the characters of the text; byte: the 256 bytes, right for any file")
    ] = "char"
    val_fraction: Annotated[float, Field(gt=0, lt=0.5), _doc("share of the text kept for validation")] = 0.1

    @model_validator(mode="before")
    @classmethod
    def _path_replaces_the_default_name(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("path") is not None and "name" not in value:
            return {**value, "name": None}
        return value


class ModelConfig(Section):
    """The network."""

    kind: Annotated[Literal["bigram", "mlp", "rnn", "lstm", "gru", "gpt"], _doc("the family of the model")] = "lstm"
    embed: Annotated[Width, _doc("width of the token embedding (mlp, rnn, lstm, gru)")] = 64
    hidden: Annotated[Width, _doc("width of the hidden layers; for gpt the width of the whole model")] = 128
    layers: Annotated[int, Field(ge=1, le=256), _doc("hidden layers, recurrent layers or transformer blocks")] = 1
    context: Annotated[Width, _doc("how many characters back the mlp sees")] = 3
    heads: Annotated[int, Field(ge=1, le=1024), _doc("attention heads (gpt)")] = 4
    dropout: Annotated[Share, _doc("share of activations dropped while training")] = 0.0
    bias: Annotated[bool, _doc("biases in the linear layers and norms (gpt)")] = True


class GroupConfig(Section):
    """A rate of their own for some parameters."""

    match: Annotated[str, Field(min_length=1), AfterValidator(_writable), _doc("glob over parameter names", "embed.*")]
    lr_scale: Annotated[NotNegative, _doc("what multiplies the rate of these parameters; 0 freezes them")] = 1.0


class OptimConfig(Section):
    """The optimizer and its rate."""

    kind: Annotated[Literal["sgd", "adam", "adamw"], _doc("the optimizer")] = "adam"
    lr: Annotated[Rate, _doc("the base learning rate, which the schedule shapes")] = 2e-3
    weight_decay: Annotated[NotNegative, _doc("weight decay, never on biases and norms; decoupled for adamw")] = 0.0
    betas: Annotated[
        tuple[Share, Share], BeforeValidator(_listed), _doc("memory of the first and second moment (adam, adamw)")
    ] = (0.9, 0.999)
    eps: Annotated[Positive, _doc("added to the denominator (adam, adamw)")] = 1e-8
    momentum: Annotated[Share, _doc("momentum (sgd)")] = 0.0
    nesterov: Annotated[bool, _doc("Nesterov's form of momentum (sgd)")] = False
    clip: Annotated[NotNegative, _doc("largest global norm of the gradient; 0: no clipping")] = 0.0
    groups: Annotated[
        tuple[GroupConfig, ...],
        BeforeValidator(_listed),
        _doc("rates of their own for groups of parameters; the last match decides", [{"match": "*", "lr_scale": 1.0}]),
    ] = ()


class ScheduleConfig(Section):
    """The shape of the learning rate over the run. Keys that the kind does not use are ignored."""

    kind: Annotated[
        Literal[
            "constant", "step", "multistep", "exponential", "linear", "cosine", "sgdr", "triangular", "triangular2",
            "exp_range", "one_cycle", "wsd", "inverse_sqrt", "plateau",
        ],
        _doc("the shape after the warm-up"),
    ] = "constant"  # fmt: skip
    warmup: Annotated[CountOrZero, _doc("steps of linear warm-up, in front of every shape")] = 0
    warmup_start: Annotated[float, Field(ge=0, le=1), _doc("where the warm-up begins, as a share of the base rate")] = (
        0.0
    )
    end: Annotated[NotNegative, _doc("the rate at the end (linear, cosine, wsd) or foot of each cycle (sgdr)")] = 0.0
    gamma: Annotated[
        Positive | None,
        _doc(
            "factor of a cut (step, multistep; unset: 0.1) or a step (exponential, exp_range; unset: 0.01 a run)", 0.1
        ),
    ] = None
    every: Annotated[Count | None, _doc("steps between cuts (step); unset: a third of the run", 1000)] = None
    milestones: Annotated[
        tuple[CountOrZero, ...],
        BeforeValidator(_listed),
        _doc("the steps of the cuts, counted from the end of the warm-up (multistep)", [2000, 4000]),
    ] = ()
    cycle: Annotated[Count | None, _doc("length of the first cycle (sgdr); unset: a third of the run", 1000)] = None
    cycle_mult: Annotated[float, Field(ge=1, le=100), _doc("each cycle is this much longer (sgdr)")] = 1.0
    cycle_decay: Annotated[Part, _doc("each cycle starts at this share of the start before (sgdr)")] = 1.0
    low: Annotated[
        NotNegative | None,
        _doc("the lower rate (triangular, triangular2, exp_range); unset: a tenth of the base rate", 2e-4),
    ] = None
    half: Annotated[
        Count | None, _doc("steps of half a cycle (triangular, triangular2, exp_range); unset: a sixth of the run", 500)
    ] = None
    pct: Annotated[Fraction, _doc("share of the run in which the rate rises (one_cycle)")] = 0.3
    div: Annotated[Divisor, _doc("the rate begins at base / div (one_cycle)")] = 25.0
    final_div: Annotated[Divisor, _doc("the rate ends at base / final_div (one_cycle)")] = 1e4
    momentum_low: Annotated[
        Share | None, _doc("momentum or first beta at the peak of the rate (one_cycle); unset: it stays", 0.85)
    ] = None
    momentum_high: Annotated[
        Share | None, _doc("momentum or first beta where the rate is low (one_cycle); unset: it stays", 0.95)
    ] = None
    decay: Annotated[Count | None, _doc("steps of the final decay (wsd); unset: a fifth of the run", 1000)] = None
    decay_shape: Annotated[
        Literal["linear", "cosine", "sqrt"], _doc("shape of the final decay (wsd); sqrt: 1 - sqrt")
    ] = "linear"
    factor: Annotated[Fraction, _doc("what multiplies the rate at each cut (plateau)")] = 0.1
    patience: Annotated[CountOrZero, _doc("evaluations without improvement before a cut (plateau)")] = 10
    threshold: Annotated[NotNegative, _doc("fall of the validation loss, in nats, that counts (plateau)")] = 1e-4
    cooldown: Annotated[CountOrZero, _doc("evaluations after a cut that do not count (plateau)")] = 0


class TrainConfig(Section):
    """How long, on what, and what happens on the way."""

    steps: Annotated[Count, _doc("optimizer steps")] = 5000
    batch: Annotated[Size, _doc("examples, items or streams a step")] = 50
    block: Annotated[Size, _doc("characters of an example: the context of gpt, the truncation of rnn, lstm, gru")] = 50
    seed: Annotated[int, Field(ge=0, le=MOST_SEED), _doc("decides initial weights, batches and dropout")] = 1337
    device: Annotated[
        str, AfterValidator(_device), _doc("auto, cpu, cuda, cuda:N or mps; auto: the first GPU, or else the CPU")
    ] = "auto"
    precision: Annotated[
        Literal["fp32", "bf16", "auto"],
        _doc("bf16: automatic mixed precision with bfloat16; auto: bf16 where a trial finds it faster"),
    ] = "fp32"
    kernel: Annotated[
        Literal["auto", "autograd", "hand", "compiled"],
        _doc(
            "what computes a step; hand: bigram and mlp on the CPU, several times faster; compiled: all of it by "
            "torch.compile, for bigram, mlp and gpt; auto: hand where it pays, else autograd"
        ),
    ] = "auto"
    threads: Annotated[int, Field(ge=0, le=1024), _doc("CPU threads; 0: chosen once and kept with the run")] = 0
    eval_every: Annotated[CountOrZero, _doc("steps between evaluations; 0: never")] = 250
    eval_batches: Annotated[Size, _doc("batches of one evaluation")] = 20
    sample_every: Annotated[CountOrZero, _doc("steps between samples; 0: never")] = 500
    checkpoint_every: Annotated[CountOrZero, _doc("steps between checkpoints; 0: never")] = 1000
    keep: Annotated[Size, _doc("how many of the newest checkpoints stay; the best and the pinned always do")] = 3
    on_diverge: Annotated[
        Literal["rollback", "stop", "continue"],
        _doc("when training diverges: go back to the last good state at half the rate or less, stop, or go on"),
    ] = "rollback"
    decay_factor: Annotated[Fraction, _doc("what `decay` multiplies the rate by")] = 0.1
    deterministic: Annotated[bool, _doc("only deterministic kernels: the run can be replayed bit for bit")] = True


class SampleConfig(Section):
    """The text generated while training."""

    prompt: Annotated[Text, _doc("text to go on from")] = ""
    length: Annotated[Size, _doc("characters to generate")] = 300
    temperature: Annotated[NotNegative, _doc("0: always the most likely character; 1: as the model says")] = 0.8
    top_k: Annotated[CountOrZero, _doc("only the k most likely characters; 0: all")] = 0
    top_p: Annotated[Part, _doc("only the most likely characters that together have this probability")] = 1.0


class Config(Section):
    """One run, complete."""

    preset: Annotated[
        Text | None, _doc("the preset this starts from; what follows overrides it", "shakespeare-lstm")
    ] = None
    corpus: Annotated[CorpusConfig, _doc("the text to learn")] = CorpusConfig()
    model: Annotated[ModelConfig, _doc("the network")] = ModelConfig()
    optim: Annotated[OptimConfig, _doc("the optimizer and its rate")] = OptimConfig()
    schedule: Annotated[ScheduleConfig, _doc("the shape of the rate; keys the kind does not use are ignored")] = (
        ScheduleConfig()
    )
    train: Annotated[TrainConfig, _doc("how long, on what, and what happens on the way")] = TrainConfig()
    sample: Annotated[SampleConfig, _doc("the text generated while training")] = SampleConfig()

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        broken = broken_rules(self)
        if broken:
            raise PydanticCustomError("rules", "the keys contradict each other", {"broken": broken})
        return self

    def lr_schedule(self) -> Schedule:
        """The rate as a pure function of the step: `[schedule]` over `train.steps`, with `optim.lr` for its base."""
        return Schedule(base=self.optim.lr, steps=self.train.steps, **self.schedule.model_dump())
