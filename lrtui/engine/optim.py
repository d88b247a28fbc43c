"""SGD, Adam and AdamW on one flat buffer, with a rate per lane and a factor per parameter.

Each agrees with `torch.optim` to 1e-6 relative over 1,000 steps. An optimizer is made once per run and only ever
restored: its buffers are part of the run's state.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.engine.flat import FlatParameters

if TYPE_CHECKING:
    from lrtui.config.schema import OptimConfig

Rate = float | Tensor  # one lane: a number; more: [lanes, 1]


class Optimizer:
    """Updates `values` `[lanes, width]` from `grads` of the same shape. `updates` counts the steps it has made."""

    def __init__(self, flat: FlatParameters, config: "OptimConfig") -> None:
        self.values, self.grads, self.config = flat.values, flat.grads, config
        self.scales = flat.lr_scales([(g.match, g.lr_scale) for g in config.groups])
        self.mask = flat.decay_mask() if config.weight_decay else None
        self.buffers: dict[str, Tensor] = {}
        self.updates = 0
        self.scratch = torch.zeros_like(flat.values)

    def step(self, lr: Rate, momentum: float | None = None) -> None:
        """One update at rate `lr`; `momentum` overrides SGD's momentum or Adam's beta1 (one-cycle's inverse cycle)."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything: as new."""
        self.updates = 0
        for buffer in self.buffers.values():
            buffer.zero_()

    def _descend(self, direction: Tensor, lr: Rate) -> None:
        """values −= lr · scale · direction."""
        if self.scales is None and not isinstance(lr, Tensor):
            self.values.add_(direction, alpha=-lr)
        else:
            self.values.addcmul_(direction, self._rates(lr), value=-1.0)

    def _rates(self, lr: Rate) -> Tensor:
        """`lr` times the factor of each parameter, broadcastable to `[lanes, width]`."""
        if self.scales is None:
            assert isinstance(lr, Tensor)
            return lr
        return self.scales * lr

    def _add_l2(self) -> None:
        """Weight decay as a gradient (SGD and Adam), where the mask allows it."""
        if not self.config.weight_decay:
            return
        decayed = self.values if self.mask is None else torch.mul(self.values, self.mask, out=self.scratch)
        self.grads.add_(decayed, alpha=self.config.weight_decay)  # not addcmul_: this rounds as torch's optimizers do


class SGD(Optimizer):
    """Stochastic gradient descent with momentum or Nesterov's (Sutskever et al. 2013), as torch.optim.SGD."""

    def __init__(self, flat: FlatParameters, config: "OptimConfig") -> None:
        super().__init__(flat, config)
        if config.momentum:
            self.buffers["momentum"] = torch.zeros_like(flat.values)

    def step(self, lr: Rate, momentum: float | None = None) -> None:
        self._add_l2()
        self.updates += 1
        buffer = self.buffers.get("momentum")
        if buffer is None:
            self._descend(self.grads, lr)
            return
        mu = self.config.momentum if momentum is None else momentum
        buffer.mul_(mu).add_(self.grads)
        if self.config.nesterov:
            self._descend(self.grads.add_(buffer, alpha=mu), lr)
        else:
            self._descend(buffer, lr)


class Adam(Optimizer):
    """Adam (Kingma & Ba 2014), as torch.optim.Adam: weight decay is a gradient."""

    def __init__(self, flat: FlatParameters, config: "OptimConfig") -> None:
        super().__init__(flat, config)
        self.buffers["exp_avg"] = torch.zeros_like(flat.values)
        self.buffers["exp_avg_sq"] = torch.zeros_like(flat.values)

    def step(self, lr: Rate, momentum: float | None = None) -> None:
        self._decay(lr)
        self.updates += 1
        beta1, beta2 = self.config.betas
        if momentum is not None:
            beta1 = momentum
        mean, square = self.buffers["exp_avg"], self.buffers["exp_avg_sq"]
        mean.lerp_(self.grads, 1 - beta1)
        square.mul_(beta2).addcmul_(self.grads, self.grads, value=1 - beta2)
        correction1 = 1 - beta1**self.updates
        correction2 = 1 - beta2**self.updates
        denominator = torch.sqrt(square, out=self.scratch).div_(correction2**0.5).add_(self.config.eps)
        if self.scales is None and not isinstance(lr, Tensor):
            self.values.addcdiv_(mean, denominator, value=-lr / correction1)
        else:
            direction = torch.div(mean, denominator, out=self.scratch)
            self._descend(direction, lr / correction1)

    def _decay(self, lr: Rate) -> None:
        self._add_l2()


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017), as torch.optim.AdamW; none on biases and norms."""

    def __init__(self, flat: FlatParameters, config: "OptimConfig") -> None:
        super().__init__(flat, config)
        factors = [f for f in (self.scales, self.mask) if f is not None]
        decayed = torch.stack(factors).prod(0) if factors else torch.ones_like(flat.values[0])
        self.decayed = decayed.unsqueeze(0)  # [1, width]

    def _decay(self, lr: Rate) -> None:
        if not self.config.weight_decay:
            return
        # One factor, rounded as torch rounds it: values −= lr · decay · values differs by 2e-6 after 1,000 steps.
        self.values.mul_(torch.mul(self.decayed, lr * -self.config.weight_decay, out=self.scratch).add_(1.0))


def make_optimizer(flat: FlatParameters, config: "OptimConfig") -> Optimizer:
    """The optimizer that `[optim]` describes, over `flat`'s buffers."""
    return {"sgd": SGD, "adam": Adam, "adamw": AdamW}[config.kind](flat, config)


def clip_gradients(grads: Tensor, limit: float) -> Tensor:
    """The gradient norm of each lane `[lanes]`, before clipping to `limit` in place (0: do not), as clip_grad_norm_."""
    norms: Tensor = torch.linalg.vector_norm(grads, dim=1)
    if limit:
        grads.mul_((limit / (norms + 1e-6)).clamp_(max=1.0).unsqueeze(1))
    return norms
