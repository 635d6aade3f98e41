"""How pruners write their figures: objectives in six digits, and which side of a bound is the worse one."""

from models.objective import Direction


def figure(value: float) -> str:
    """`value` in at most six digits."""
    return f"{value:.6g}"


def worse_side(direction: Direction) -> str:
    """Where a worse value lies: `below` when the objective is to be large, else `above`."""
    return "below" if direction is Direction.MAXIMIZE else "above"
