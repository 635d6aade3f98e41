"""Aligned text tables for a terminal or a log. Knows no content."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], *, indent: str = "  ") -> str:
    """`rows` (the first may be a heading) as lines with aligned columns; numbers stand on the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        )
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def cell(value: object) -> str:
    """A value as a person reads it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def figure(value: float) -> str:
    """A measured number as a person reads it: whole numbers whole, others in four digits; empty for NaN."""
    if value != value:
        return ""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e12 else f"{value:.4g}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
