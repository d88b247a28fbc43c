"""Numbers as people write them: losses, rates, speeds, times, sizes."""

import math

from lrtui.axes import short_rate

#: nats; three decimals tell little of what is below
_SMALL_LOSS = 0.01


def loss_text(loss: float | None) -> str:
    """A loss in nats: three decimals, a small one to two digits; a dash where there is none."""
    if loss is None:
        return "–"
    return "nan" if math.isnan(loss) else short_rate(loss) if 0 < loss < _SMALL_LOSS else f"{loss:.3f}"


def rate_text(lr: float | None) -> str:
    return "–" if lr is None else short_rate(lr)


def share_text(share: float) -> str:
    """A part of a whole in two digits: 0.12, 0.003, and as a rate is written where it is tiny."""
    return f"{share:.2g}" if share >= 1e-3 else short_rate(share)


def speed_text(speed: float | None) -> str:
    """Steps a second."""
    return "–" if speed is None else f"{speed:,.0f}" if speed >= 10 else f"{speed:.2f}"


def duration_text(seconds: float | None) -> str:
    """A time such as 0:42, 12:03, 2:05:10 or 3d 04:00."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24}d {hours % 24:02d}:{minute:02d}"
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def size_text(count: int) -> str:
    """Bytes as a person reads them: 832 B, 228 kB, 1.1 MB, 2.4 GB."""
    for least, unit in ((1_000_000_000, "GB"), (1_000_000, "MB")):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count / 1000:.0f} kB" if count >= 1000 else f"{count} B"


def fine_rate(lr: float) -> str:
    """A rate with three digits, as a sweep's grid has them: 1.36e-1, 1e-3."""
    mantissa, exponent = f"{lr:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def counted(count: int, noun: str) -> str:
    """So many of a thing whose plural takes an s: 1 lane, 8 lanes."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
