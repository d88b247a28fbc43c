"""A decoder-only transformer (GPT-2 shape): pre-norm, tied embeddings, causal scaled-dot-product attention."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrtui.models.lanes import Dropout, Embedding, LayerNorm, Linear, fill, linear
from lrtui.models.language_model import Carry, LanguageModel

KeysValues = tuple[Tensor, Tensor]  # (L·B, heads, T, C/heads) each
Past = tuple[KeysValues, ...]  # of every block

STD = 0.02  # GPT-2's
LONG = 512  # tokens


class Projection(Linear):
    """A Linear initialised N(0, 0.02 / √residual), bias 0; `residual` counts the branches that add up on the stream."""

    def __init__(self, inputs: int, outputs: int, lanes: int, bias: bool, residual: int = 1) -> None:
        super().__init__(inputs, outputs, lanes, bias)
        self.std = STD / math.sqrt(residual)

    def reset(self, generator: torch.Generator) -> None:
        fill(self.weight, self.lanes, generator, "normal_", 0.0, self.std)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention of q, k, v `[N, heads, T, C/heads]`.

    In bf16 on a CPU the fused kernel is hardly faster than in fp32, and three plain operations are twice as fast; they
    hold all scores at once, so a long block stays with the fused one.
    """
    length = q.shape[-2]
    if q.dtype != torch.bfloat16 or q.device.type != "cpu" or length > LONG:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    hidden = torch.full((length, length), -torch.inf, dtype=q.dtype).triu(1)  # from each place, those after it
    scores = q * (1 / math.sqrt(q.shape[-1])) @ k.mT + hidden
    return scores.softmax(-1).to(v.dtype) @ v


class Attention(nn.Module):
    """Causal self-attention (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int, residual: int, bias: bool, lanes: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Projection(width, 3 * width, lanes, bias)
        self.out = Projection(width, width, lanes, bias, residual)

    def _split(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values `(L·B, heads, T, C/heads)`: the fused kernels take four axes, lanes join them."""
        each = self.qkv(x).unflatten(-1, (3, self.heads, -1)).unbind(-3)  # (L?, B, T, heads, C/heads)
        return [t.flatten(0, -4).transpose(1, 2) for t in each]

    def forward(self, x: Tensor) -> Tensor:  # (L?, B, T, C), shape kept
        q, k, v = self._split(x)
        y = attend(q, k, v)
        return self.out(y.transpose(1, 2).reshape(x.shape))  # type: ignore[no-any-return]

    def read_on(self, x: Tensor, past: KeysValues | None) -> tuple[Tensor, KeysValues]:
        """As `forward`, for what comes after `past`; and the keys and values of it all."""
        q, k, v = self._split(x)
        if past is not None:
            k, v = torch.cat((past[0], k), -2), torch.cat((past[1], v), -2)
        new, there = q.shape[-2], k.shape[-2]
        seen = torch.ones(new, there, dtype=torch.bool, device=q.device).tril(there - new)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.out(y.transpose(1, 2).reshape(x.shape)), (k, v)


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)); dropout on what each branch adds."""

    def __init__(self, width: int, heads: int, residual: int, bias: bool, lanes: int, dropout: Dropout) -> None:
        super().__init__()
        self.norm_1 = LayerNorm(width, lanes, bias)
        self.attention = Attention(width, heads, residual, bias, lanes)
        self.norm_2 = LayerNorm(width, lanes, bias)
        self.up = Projection(width, 4 * width, lanes, bias)
        self.down = Projection(4 * width, width, lanes, bias, residual)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:  # (L?, B, T, C), shape kept
        return self._mix(x + self.dropout(self.attention(self.norm_1(x))))

    def _mix(self, x: Tensor) -> Tensor:
        return x + self.dropout(self.down(F.gelu(self.up(self.norm_2(x)))))  # type: ignore[no-any-return]

    def read_on(self, x: Tensor, past: KeysValues | None) -> tuple[Tensor, KeysValues]:
        y, past = self.attention.read_on(self.norm_1(x), past)
        return self._mix(x + y), past


class GPT(LanguageModel):
    """Token and place embeddings → `layers` blocks → norm → logits through the token embedding (weight tying).

    Dropout acts on the embeddings and on what each branch adds, not inside attention: the fused kernel would draw its
    mask from the global generator.
    """

    reads = "windows"
    token_axes: ClassVar = {"embed.weight": (0,)}  # the output has no rows of its own

    def __init__(
        self,
        vocabulary: int,
        block: int,
        width: int,
        layers: int,
        heads: int,
        dropout: float = 0.0,
        bias: bool = False,
        lanes: int = 1,
    ) -> None:
        super().__init__(vocabulary, lanes)
        self.block = block
        self.embed = Embedding(vocabulary, width, lanes, STD)
        self.place = Embedding(block, width, lanes, STD)
        self.dropout = Dropout(dropout, lanes, self.dropout_generator)
        self.blocks = nn.ModuleList(Block(width, heads, 2 * layers, bias, lanes, self.dropout) for _ in range(layers))
        self.norm = LayerNorm(width, lanes, bias)

    def forward(self, tokens: Tensor, carry: Carry = ()) -> tuple[Tensor, Carry]:
        x = self.dropout(self._placed(tokens, 0))
        for block in self.blocks:
            x = block(x)
        return self._logits(x), ()

    def read_on(self, tokens: Tensor, past: Past) -> tuple[Tensor, Past]:
        """Logits for tokens `[B, n]` that come after `past` (empty: nothing), dropout off; and the past after them.

        Altogether no more tokens than the block has places.
        """
        x = self._placed(tokens, past[0][0].shape[-2] if past else 0)
        after = list[KeysValues]()
        for i, block in enumerate(self.blocks):
            x, now = block.read_on(x, past[i] if past else None)  # type: ignore[operator]
            after.append(now)
        return self._logits(x), tuple(after)

    def _placed(self, tokens: Tensor, first: int) -> Tensor:  # (L?, B, T, C)
        places = torch.arange(first, first + tokens.shape[1], device=tokens.device).unsqueeze(0)  # (1, T)
        return self.embed(tokens) + self.place(places)  # type: ignore[no-any-return]

    def _logits(self, x: Tensor) -> Tensor:  # (L?, B, T, V)
        return linear(self.norm(x), self.embed.weight, None, self.lanes)
