"""What the two notebooks of one source hold, to the byte."""

from __future__ import annotations

import nbformat
import pytest

from equipoise.course._build_cells import inputs_only, learner, serialised, solved
from equipoise.exceptions import InputError

SOURCE = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       jupytext_version: 0.0.1
# ---

# %% [markdown]
# # A lesson

# %%
def half(number):
    # solution
    result = number / 2
    return result
    # end solution


half(3)

# %% tags=["solution"]
half(5)

# %%
# solution: answer = ...
answer = 42
# end solution

# %% tags=["nbval-check-output"]
print("seen")
"""


def codes(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_the_learner_gets_gaps_where_the_solution_stood():
    assert codes(learner("01_x", SOURCE)) == [
        "def half(number):\n    ...  # your code here\n\n\nhalf(3)",
        "answer = ...",
        'print("seen")',
    ]


def test_the_solution_stands_without_its_markers():
    assert codes(solved("01_x", SOURCE)) == [
        "def half(number):\n    result = number / 2\n    return result\n\n\nhalf(3)",
        "half(5)",
        "answer = 42",
        'print("seen")',
    ]


def test_tags_are_kept_and_nothing_else_is():
    for notebook in (learner("01_x", SOURCE), solved("01_x", SOURCE)):
        assert notebook.cells[-1].metadata == {"tags": ["nbval-check-output"]}
        assert notebook.cells[0].metadata == {}
        assert set(notebook.metadata) == {"kernelspec", "language_info"}
        assert notebook.metadata.kernelspec.name == "python3"


def test_a_cell_has_the_same_id_in_both_notebooks():
    learners = {cell.id: cell.source for cell in learner("01_x", SOURCE).cells}
    assert list(learners) == ["cell-001", "cell-002", "cell-004", "cell-005"]
    assert learners["cell-005"] == solved("01_x", SOURCE).cells[4].source


def test_bytes_are_valid_end_in_one_newline_and_do_not_change():
    raw = serialised(learner("01_x", SOURCE))
    assert raw == serialised(learner("01_x", SOURCE))
    assert raw.endswith(b"}\n")
    assert not raw.endswith(b"\n\n")
    nbformat.validate(nbformat.reads(raw.decode(), as_version=4))
    assert b"jupytext" not in raw
    assert raw.index(b'"cells"') < raw.index(b'"metadata": {\n  "kernelspec"')


def test_reading_and_writing_again_changes_no_byte():
    raw = serialised(solved("01_x", SOURCE))
    assert serialised(inputs_only(nbformat.reads(raw.decode(), as_version=4))) == raw


@pytest.mark.parametrize(
    ("code", "found", "next_move"),
    [
        ("# solution\na = 1", "no end", "Close it with # end solution."),
        (
            "a = 1\n# end solution",
            "# end solution",
            "Each # solution needs one # end solution after it.",
        ),
        (
            "# solution\n# solution\na = 1\n# end solution",
            "# solution",
            "Each # solution needs one # end solution after it.",
        ),
        (
            "# Solution:\na = 1\n# end solution",
            "# Solution:",
            "Write # solution, # solution: TEXT or # end solution.",
        ),
        (
            "# solution\na = 1\n# end_solution",
            "# end_solution",
            "Write # solution, # solution: TEXT or # end solution.",
        ),
    ],
)
def test_a_marker_that_would_leak_the_solution_is_refused(code, found, next_move):
    with pytest.raises(InputError) as refusal:
        learner("01_x", f"# %%\n{code}\n")
    assert str(refusal.value) == (
        f"01_x, cell 1 must mark its solution in pairs, got {found!r}. {next_move}"
    )


def test_a_cell_with_something_else_than_tags_is_refused():
    with pytest.raises(InputError) as refusal:
        solved("01_x", '# %% tags=["a"] slideshow="slide"\n1\n')
    assert str(refusal.value) == (
        "01_x, cell 1 may carry tags and nothing else, got slideshow. "
        'Write it as: # %% tags=["..."].'
    )
