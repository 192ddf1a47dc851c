"""Under every impairment of matrix.py all objects that lost nothing are found complete, and none that lost bytes is."""

import pytest
from matrix import IMPAIRMENTS, outcome


@pytest.mark.parametrize("name", IMPAIRMENTS)
@pytest.mark.parametrize("seed", range(3))
def test_every_intact_object_is_complete_and_no_damaged_one(name: str, seed: int) -> None:
    found = outcome(name, seed)
    assert found.recovered == found.intact
    assert found.wrong == 0
    assert found.intact + found.damaged == 40
