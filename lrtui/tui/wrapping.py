"""Text folded to the width of a pane, counted in terminal cells: wide characters take two, combining marks none."""

from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

from lrtui.printable import printable

_JOINER = "\u200d"
#: More marks on one letter than any language has: what follows would only cost bytes, and draw over the lines above.
_MOST_MARKS = 6


def wrapped(text: str, width: int, most: int = 10_000) -> list[str]:
    """The first `most` lines of `text`, made printable and at most `width` cells each, broken at blanks.

    A blank at which a line is broken is dropped; a word longer than a line is cut.
    """
    lines: list[str] = []
    for line in printable(text, keep_newlines=True).split("\n"):
        for piece in _folded(line, max(2, width)):
            lines.append(piece)
            if len(lines) >= most:
                return lines
    return lines


def fitted(text: str, width: int, most: int) -> str:
    """`text` on at most `most` lines of at most `width` cells; what is left out shows as an ellipsis."""
    lines = wrapped(text, width)
    if len(lines) > most:
        lines[most - 1 :] = [cut(" ".join(lines[most - 1 :]), width)]
    return "\n".join(lines)


def _folded(line: str, width: int) -> Iterator[str]:
    if line.isascii() and len(line) <= width:
        yield line
        return
    clusters: list[str] = []
    cells, blank = 0, -1
    for cluster in _clusters(line):
        size = cell_len(cluster)
        if cells + size > width and cluster != " ":
            # between wide characters a line may break anywhere: one far to the left would only waste it
            cut = blank if blank > 0 and (size < 2 or blank * 2 > len(clusters)) else len(clusters)
            yield "".join(clusters[:cut]).rstrip(" ")
            clusters = clusters[cut + 1 :] if cut == blank else []
            cells, blank = sum(map(cell_len, clusters)), -1
        if cluster == " ":
            blank = len(clusters)
        clusters.append(cluster)
        cells += size
    yield "".join(clusters).rstrip(" ") if cells > width else "".join(clusters)


def _clusters(line: str) -> Iterator[str]:
    """The characters of a line, each with the marks that stand on it."""
    cluster, marks = "", 0
    for character in line:
        if cluster and (get_character_cell_size(character) == 0 or cluster.endswith(_JOINER)):
            marks += 1
            cluster += character if marks <= _MOST_MARKS else ""
            continue
        if cluster:
            yield cluster
        cluster, marks = character, 0
    if cluster:
        yield cluster


def cut(text: str, width: int) -> str:
    """One safe line of at most `width` cells; what is left out shows as an ellipsis."""
    line = printable(text)
    if cell_len(line) <= width:
        return line
    kept, cells = "", 0
    for cluster in _clusters(line):
        cells += cell_len(cluster)
        if cells > width - 1:
            break
        kept += cluster
    return f"{kept}…" if width > 0 else ""
