"""The gradient of a table by the rows that a batch took from it: equal rows add up."""

from __future__ import annotations

from typing import Protocol

import numpy

from lrtui.engine.kernels.arrays import Floats, Places

MOST_HOT = 128
"""Rows up to which a product with a 0-1 matrix is quicker than sorting what belongs together."""


class Rows(Protocol):
    """Which rows were taken, for many steps."""

    def add_up(self, i: int, taken: Floats, table: Floats) -> None:
        """Step `i`: put into each row of `table` `[lanes?, rows, width]` the sum of those `taken` `[lanes?, N, width]`
        from it."""
        ...


def rows(numbers: Places, size: int) -> Rows:
    """For row numbers `[n, N]` of a table with `size` rows."""
    return _HotRows(numbers, size) if size <= MOST_HOT else _SortedRows(numbers)


class _HotRows:
    def __init__(self, numbers: Places, size: int) -> None:
        n, taken = numbers.shape
        self._hot = numpy.zeros((n, size, taken), numpy.float32)
        numpy.put_along_axis(self._hot, numbers[:, None, :], numpy.float32(1.0), 1)

    def add_up(self, i: int, taken: Floats, table: Floats) -> None:
        numpy.matmul(self._hot[i], taken, table)


class _SortedRows:
    def __init__(self, numbers: Places) -> None:
        self._order = numbers.argsort(1, kind="stable")
        ordered = numpy.take_along_axis(numbers, self._order, 1)
        new = numpy.diff(ordered, axis=1, prepend=-1) != 0
        self._starts = [numpy.flatnonzero(each) for each in new]
        self._touched = [line[starts] for line, starts in zip(ordered, self._starts, strict=True)]

    def add_up(self, i: int, taken: Floats, table: Floats) -> None:
        table.fill(0.0)
        ordered = taken.take(self._order[i], -2)
        table[..., self._touched[i], :] = numpy.add.reduceat(ordered, self._starts[i], -2)
