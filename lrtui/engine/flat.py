"""All parameters of a model in one buffer, so that an optimizer is a handful of operations whatever the model."""

import math
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase

import torch
from torch import Tensor

from lrtui.errors import ConfigError
from lrtui.models.language_model import LanguageModel

ALIGN = 16  # floats: every parameter starts on a 64-byte line, in every process, so that kernels round alike


class FlatParameters:
    """`values` and `grads` are `[lanes, width]`; the model's parameters and their gradients are views into them.

    The gaps left by alignment stay zero for ever: their gradient is zero, and an update of zero is zero.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.lanes = model.lanes
        if self.lanes > 1:
            # a lane's parameters lie together, and so those of one name apart: autograd remarks on it
            warnings.filterwarnings("ignore", "grad and param do not obey the gradient layout contract")
        self.shapes: dict[str, tuple[int, ...]] = {}  # of one lane
        self.spans: dict[str, tuple[int, int]] = {}
        named = dict(model.named_parameters())
        width = 0
        for name, parameter in named.items():
            shape = tuple(parameter.shape if self.lanes == 1 else parameter.shape[1:])
            size = math.prod(shape)
            self.shapes[name], self.spans[name] = shape, (width, width + size)
            width += -(-size // ALIGN) * ALIGN
        some = next(iter(named.values()))
        self.values = torch.zeros(self.lanes, width, device=some.device, dtype=some.dtype)
        self.grads = torch.zeros_like(self.values)
        values, grads = self.views(self.values), self.views(self.grads)
        for name, parameter in named.items():
            values[name].copy_(parameter.data)
            parameter.data = values[name]
            parameter.grad = grads[name]

    def views(self, buffer: Tensor) -> dict[str, Tensor]:
        """Name → the view of `buffer` `[lanes, width]` that belongs to that parameter, shaped as the model has it."""
        return {name: self._view(buffer, name) for name in self.spans}

    def _view(self, buffer: Tensor, name: str) -> Tensor:
        start, end = self.spans[name]
        if self.lanes == 1:
            return buffer[0, start:end].view(self.shapes[name])
        return buffer[:, start:end].view(self.lanes, *self.shapes[name])

    def joined(self, parts: dict[str, Tensor]) -> Tensor:
        """The buffer `[lanes, width]` that has these parts, one for each parameter: what `views` takes apart."""
        pieces = list[Tensor]()
        for name, (start, end) in self.spans.items():
            part = parts[name].reshape(self.lanes, end - start)
            gap = -(end - start) % ALIGN
            pieces += [part, part.new_zeros(self.lanes, gap)] if gap else [part]
        return torch.cat(pieces, 1)

    def _spread(self, per_name: dict[str, float]) -> Tensor | None:
        """One number a parameter as a vector `[width]`; None when all are 1."""
        if all(value == 1.0 for value in per_name.values()):
            return None
        vector = torch.zeros(self.values.shape[1], dtype=self.values.dtype)
        for name, value in per_name.items():
            start, end = self.spans[name]
            vector[start:end] = value
        return vector.to(self.values.device)

    def lr_scales(self, groups: Iterator[tuple[str, float]] | list[tuple[str, float]]) -> Tensor | None:
        """`[width]` factors on the rate: the last group whose glob matches a parameter's name decides; None: all 1.

        Raises ConfigError for a glob that matches nothing.
        """
        scales = dict.fromkeys(self.spans, 1.0)
        for i, (match, scale) in enumerate(groups):
            names = [name for name in scales if fnmatchcase(name, match)]
            if not names:
                raise ConfigError(
                    f"optim.groups[{i}].match: {match!r} matches no parameter", f"Parameters: {', '.join(scales)}."
                )
            scales.update(dict.fromkeys(names, scale))
        return self._spread(scales)

    def decay_mask(self) -> Tensor | None:
        """`[width]`: 1 where weight decay acts (matrices), 0 on biases and norms; None: everywhere."""
        return self._spread({name: float(len(shape) >= 2) for name, shape in self.shapes.items()})
