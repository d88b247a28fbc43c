"""Where words fit in a chart: beside the curves and beside each other, or nowhere."""

from collections.abc import Iterable
from itertools import pairwise

from lrtui.figure import Layer, Words

Cell = tuple[int, int]


class Room:
    """The cells, `width` × `height`, that no curve and no word has taken."""

    def __init__(self, width: int, height: int, curves: set[Cell]) -> None:
        self.width, self.height = width, height
        self._curves = curves
        self._words: set[Cell] = set()

    def place(self, text: str, hue: int, columns: Iterable[int], rows: Iterable[int]) -> Words | None:
        """The text at the first of the places where it covers nothing and touches no other; None where there is none.

        Places are tried row by row; `columns` are those of its first cell.
        """
        columns = [column for column in columns if 0 <= column <= self.width - len(text)]
        for row in rows:
            for column in columns:
                cells = [(at, row) for at in range(column, column + len(text))]
                if self._words.isdisjoint([(column - 1, row), *cells, (column + len(text), row)]) and (
                    self._curves.isdisjoint(cells)
                ):
                    self._words.update(cells)
                    return Words(text, column, row, hue)
        return None

    def edge_rows(self, most: int) -> list[int]:
        """The rows that labels share: at `most` so many upper ones from the edge down, then lower ones upwards."""
        count = min(most, self.height // 3)
        return [*range(self.height - 1, self.height - 1 - count, -1), *range(count)]


def covered(layer: Layer, across: int, up: int) -> set[Cell]:
    """The cells a layer is seen in, which has so many dots a cell."""
    cells = layer.cells
    found = {(column // across, row // up) for column, row in cells}
    if layer.connected:
        for (x, y), (to_x, to_y) in pairwise(cells):
            steps = max(abs(to_x - x) // across, abs(to_y - y) // up)
            for step in range(1, steps + 1):
                part = step / (steps + 1)
                found.add((round(x + part * (to_x - x)) // across, round(y + part * (to_y - y)) // up))
    return found
