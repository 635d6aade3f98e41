"""What has changed between two spaces, for the refusal to go on with a changed one."""

from spaces.dimensions import Dimension
from spaces.space import Space
from spaces.values import spell


def difference(before: Space, after: Space) -> list[str]:
    """A sentence for every change from `before` to `after`, by name; empty when trials of both mean the same.

    The order of dimensions, their defaults and priors do not count: they only say what is tried.
    """
    old = {d.name: d for d in before.dimensions}
    new = {d.name: d for d in after.dimensions}
    sentences: list[str] = []
    for name in sorted({*old, *new, *before.fixed, *after.fixed}):
        was = _told(old.get(name), name, before)
        now = _told(new.get(name), name, after)
        if was is None:
            sentences.append(f"`{name}` is new: {now}")
        elif now is None:
            sentences.append(f"`{name}` is gone; it was {was}")
        elif was != now:
            sentences.append(f"`{name}` was {was}; it is {now}")
    return sentences


def _told(dimension: Dimension | None, name: str, space: Space) -> str | None:
    if dimension is None:
        return f"fixed at {spell(space.fixed[name])}" if name in space.fixed else None
    return f"{dimension.domain} when {dimension.when.text}" if dimension.when else str(dimension.domain)
