"""How many parameters a model will have, told without making it: the form counts while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrtui.config.schema import Config, ModelConfig

#: matrices stacked in the weights of one recurrent layer
_GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def parameter_count(config: Config, vocabulary_size: int) -> int:
    """The parameters of the model that `config` describes over `vocabulary_size` tokens; tied weights count once."""
    model = config.model
    if model.kind == "bigram":
        return vocabulary_size**2
    if model.kind == "gpt":
        return _gpt(model, vocabulary_size, config.train.block)
    embedding = vocabulary_size * model.embed
    return embedding + _hidden(model) + _affine(model.hidden, vocabulary_size)


def _hidden(model: ModelConfig) -> int:
    """All hidden layers of an mlp, or all recurrent layers."""
    if model.kind == "mlp":
        first, further = _affine(model.context * model.embed, model.hidden), _affine(model.hidden, model.hidden)
    else:
        first, further = _recurrent(model, model.embed), _recurrent(model, model.hidden)
    return first + (model.layers - 1) * further


def _recurrent(model: ModelConfig, inputs: int) -> int:
    """One recurrent layer: weights from its inputs and from itself, with a bias each."""
    return _GATES[model.kind] * (_affine(inputs, model.hidden) + _affine(model.hidden, model.hidden))


def _gpt(model: ModelConfig, vocabulary_size: int, block: int) -> int:
    width, bias = model.hidden, model.bias
    norm = width * (1 + bias)
    attention = _affine(width, 3 * width, bias) + _affine(width, width, bias)
    mlp = _affine(width, 4 * width, bias) + _affine(4 * width, width, bias)
    return (vocabulary_size + block) * width + model.layers * (2 * norm + attention + mlp) + norm


def _affine(inputs: int, outputs: int, bias: bool = True) -> int:
    return outputs * (inputs + bias)
