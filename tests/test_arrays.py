"""Arrays of Python's values, and joins, against Python's own."""

import random

import pyarrow as pa
import pytest

from dicomfast import arrays

SIZES = [(0, 0), (0, 5), (5, 0), (1, 1), (40, 30), (300, 7)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], pa.string()),
        (["", "a", "\u00e9\u4e2d", "x" * 300], pa.string()),
        ([True, False, True], pa.bool_()),
        ([], pa.bool_()),
        ([0, 1, (1 << 64) - 1], pa.uint64()),
        ([-(1 << 63), 5], pa.int64()),
        ([0.5, -1e300], pa.float64()),
    ],
)
def test_an_array_is_that_of_pyarrow(values: list[object], kind: pa.DataType) -> None:
    made = arrays.array(values, kind)
    made.validate(full=True)
    assert made.equals(pa.array(values, kind))
    assert [arrays.scalar(value, kind) for value in values] == [pa.scalar(value, kind) for value in values]
    assert not arrays.scalar(None, kind).is_valid


def test_numbers_and_lists() -> None:
    assert [arrays.count(length, pa.uint64()).to_pylist() for length in (0, 1, 4)] == [[], [0], [0, 1, 2, 3]]
    found = [["a", "b\u00e9"], [], ["c"]]
    assert arrays.lists(found).equals(pa.array(found, pa.list_(pa.string())))
    assert arrays.lists([]).equals(pa.array([], pa.list_(pa.string())))


@pytest.mark.parametrize(("left", "right"), SIZES)
def test_pairs_are_all_pairs(left: int, right: int) -> None:
    dice = random.Random(left * 1000 + right)
    one, other = ([dice.randrange(12) for _ in range(length)] for length in (left, right))
    found = arrays.pairs(pa.array(one, pa.uint64()), pa.array(other, pa.uint64()))
    wanted = [(a, b) for a, x in enumerate(one) for b, y in enumerate(other) if x == y]
    assert sorted(zip(*(places.to_pylist() for places in found), strict=True)) == wanted


def test_null_is_in_no_pair() -> None:
    left, right = pa.array([1, None, 2], pa.uint64()), pa.array([None, 2, None, 1, 2], pa.uint64())
    assert list(zip(*(places.to_pylist() for places in arrays.pairs(left, right)), strict=True)) == [(0, 3), (2, 1), (2, 4)]


@pytest.mark.parametrize(("left", "right"), SIZES)
def test_places_are_the_first_ones(left: int, right: int) -> None:
    dice = random.Random(left * 1000 + right)

    def rows(length: int) -> list[tuple[int, str, int]]:
        return [(dice.randrange(3), dice.choice("ab"), dice.choice([0, 1 << 63])) for _ in range(length)]

    def columns(of: list[tuple[int, str, int]]) -> list[pa.Array]:
        kinds = (pa.uint64(), pa.string(), pa.uint64())
        return [pa.array([row[at] for row in of], kind) for at, kind in enumerate(kinds)]

    one, other = rows(left), rows(right)
    wanted = [other.index(row) if row in other else None for row in one]
    assert arrays.places(columns(one), columns(other)).to_pylist() == wanted


@pytest.mark.parametrize("sizes", [[], [0], [3], [2, 0, 1], [0, 0, 4, 1, 0]])
def test_parents_are_the_groups_of_members(sizes: list[int]) -> None:
    found = arrays.parents(pa.array(sizes, pa.int64()))
    assert found.to_pylist() == [group for group, size in enumerate(sizes) for _ in range(size)]
