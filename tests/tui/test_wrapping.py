"""Whatever text comes, no line is wider than its pane, and nothing but blanks is lost."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lrtui.printable import printable
from lrtui.tui.wrapping import cut, fitted, wrapped

ANY_TEXT = st.text(st.sampled_from("ab [/b]\x1b\x9b\u202e\ud800日本e\u0301\u200d👩‍🚀\ufe0f❤\n\t "), max_size=200)


@given(ANY_TEXT, st.integers(2, 40))
def test_lines_fit_and_are_safe(text: str, width: int) -> None:
    for line in wrapped(text, width):
        assert cell_len(line) <= width
        assert printable(line) == line


@given(st.text(st.sampled_from("ab日 \n"), max_size=200), st.integers(2, 40))
def test_only_blanks_are_lost(text: str, width: int) -> None:
    kept = "".join(wrapped(text, width)).replace(" ", "")
    assert kept == text.replace(" ", "").replace("\n", "")


@given(ANY_TEXT, st.integers(0, 40))
def test_a_cut_line_fits(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width


def test_breaks_at_blanks() -> None:
    assert wrapped("to be or not to be", 9) == ["to be or", "not to be"]
    assert wrapped("  indented stays", 40) == ["  indented stays"]


def test_ten_thousand_columns_are_cut_and_counted() -> None:
    lines = wrapped("x" * 10_000, 100)
    assert len(lines) == 100
    assert wrapped("x" * 10_000, 100, 3) == ["x" * 100] * 3


def test_a_pile_of_marks_is_cut_down() -> None:
    (line,) = wrapped("e" + "\u0301" * 10_000, 10)
    assert len(line) < 10


def test_an_ellipsis_tells_what_is_missing() -> None:
    assert cut("quiet-otter", 6) == "quiet…"
    assert cut("quiet", 6) == "quiet"


def test_a_word_that_fits_a_line_is_not_broken() -> None:
    assert wrapped("go on: lrtui-resume-fast-sparrow", 26) == ["go on:", "lrtui-resume-fast-sparrow"]


@given(ANY_TEXT, st.integers(2, 40), st.integers(1, 4))
def test_a_fitted_text_fits_and_is_whole_where_there_is_room(text: str, width: int, most: int) -> None:
    lines, whole = fitted(text, width, most).split("\n"), wrapped(text, width)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)
    assert lines[: most - 1] == whole[: most - 1]
    if len(whole) <= most:
        assert lines == whole
