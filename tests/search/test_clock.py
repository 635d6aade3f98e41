"""Clocks."""

import pytest

from search.clock import ManualClock, SystemClock


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    begin = clock.wall_ms()
    assert clock.monotonic_s() == 0.0
    clock.advance(1.5)
    clock.advance_to(2.0)
    assert (clock.monotonic_s(), clock.wall_ms() - begin) == (2.0, 2000)


def test_a_manual_clock_never_goes_back() -> None:
    clock = ManualClock()
    clock.advance(2.0)
    with pytest.raises(ValueError, match=r"stands at 2\.0 s and cannot go back to 1\.0 s"):
        clock.advance_to(1.0)


def test_the_system_clock_goes_forward_and_knows_the_date() -> None:
    clock = SystemClock()
    assert clock.monotonic_s() <= clock.monotonic_s()
    assert clock.wall_ms() > 1_700_000_000_000
