"""The order in which dimensions are decided: each after those that its condition names."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from spaces.dimensions import Dimension, SpaceError, index_of
from spaces.problems import did_you_mean


def siblings(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The parameters behind each base name, by number: {"units": ("units.1", "units.2")}."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        indexed = index_of(name)
        if indexed is not None:
            found.setdefault(indexed[0], []).append((indexed[1], name))
    return {base: tuple(name for _, name in sorted(members)) for base, members in found.items()}


def needs(dimension: Dimension, names: Collection[str]) -> frozenset[str]:
    """Those of `names` that the condition of `dimension` names, a base name standing for all its numbers."""
    if dimension.when is None:
        return frozenset()
    groups = siblings(names)
    found: set[str] = set()
    for name in dimension.when.names:
        found.update(groups.get(name, ()))
        if name in names:
            found.add(name)
    return frozenset(found)


def closure(dimensions: Mapping[str, Dimension], names: Iterable[str]) -> frozenset[str]:
    """`names` with everything that their conditions name, and the conditions of those, and so on."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs(dimensions[name], dimensions))
    return frozenset(found)


def in_order(dimensions: Sequence[Dimension], fixed: Collection[str]) -> tuple[Dimension, ...]:
    """`dimensions` with each after those that its condition names, otherwise as given.

    Raises: SpaceError for a condition that names nothing known, and for a cycle.
    """
    names = {d.name for d in dimensions}
    known = names | set(fixed) | siblings(names).keys()
    for dimension in dimensions:
        for name in sorted(dimension.when.names if dimension.when else ()):
            if name not in known:
                problem = f"its condition names `{name}`, which is no parameter"
                raise SpaceError(dimension.name, problem, did_you_mean(name, known))
    ordered: list[Dimension] = []
    done: set[str] = set()
    waiting = {d.name: needs(d, names) for d in dimensions}
    by_name = {d.name: d for d in dimensions}
    while waiting:
        ready = next((name for name, needed in waiting.items() if needed <= done), None)
        if ready is None:
            raise _cycle(waiting)
        del waiting[ready]
        done.add(ready)
        ordered.append(by_name[ready])
    return tuple(ordered)


def _cycle(waiting: Mapping[str, frozenset[str]]) -> SpaceError:
    """The error that names one cycle among `waiting`, in the order of its conditions."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(min(needed for needed in waiting[path[-1]] if needed in waiting))
    cycle = path[path.index(path[-1]) :]
    if len(cycle) == 2:
        return SpaceError(cycle[0], "its condition hangs on itself", "name other parameters in it")
    problem = f"conditions go in a circle: {' -> '.join(cycle)}"
    return SpaceError(cycle[0], problem, "take one of these conditions away")
