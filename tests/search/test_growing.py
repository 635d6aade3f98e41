"""What trials of the user's own code settle: who hears of it, and what the space becomes."""

import pytest

from models.objective import Direction, Objective
from search.drivers.scripted import ScriptedDriver
from search.duplicates import Duplicates
from search.growing import Growth, GrowthError, OwnSpace, extended
from search.ledger import Ledger
from search.study import Settled, Suggestion
from spaces.domains import IntRange
from spaces.expressions import parse
from spaces.space import Dimension, Space

UNITS, LAYERS, EPOCHS = (Dimension(name, IntRange(1, 9)) for name in ("units", "layers", "epochs"))
RARE = Dimension("rare", IntRange(1, 3))


class Heard(ScriptedDriver):
    """Keeps what it hears, in order."""

    def __init__(self):
        super().__init__([], max_epochs=9)
        self.heard = []

    def settled(self, number, params):
        self.heard.append(("settled", number, dict(params)))

    def grow(self, space):
        self.heard.append(("grow", space.names))


class Told:
    def __init__(self):
        self.told = []

    def settled(self, number, params, space):
        self.told.append((number, dict(params), space.names))


class Scene:
    def __init__(self, space=None):
        self.driver, self.teller = Heard(), Told()
        self.ledger = Ledger(Objective("val_loss", Direction.MINIMIZE))
        self.duplicates = Duplicates(skip=True, size=None)
        own = OwnSpace(space or Space((EPOCHS, UNITS, LAYERS)), kept=("epochs",), places={"units": "models.py:3"})
        self.growth = Growth(own, self.driver, self.teller, self.ledger, self.duplicates)

    def begin(self, number, **params):
        suggestion = Suggestion(number, params, 9)
        self.duplicates.trains(suggestion)
        self.ledger.begin(suggestion)

    def settle(self, number, *dimensions, **params):
        self.growth.settled(Settled(number, params, dimensions, {d.name: "models.py:9" for d in dimensions}))

    def params(self, number):
        return dict(self.ledger.entries[number].suggestion.params)


def test_a_trial_keeps_the_parameters_that_it_asked_for_and_those_of_the_study_file():
    scene = Scene()
    scene.begin(0, epochs=4, units=2, layers=3)
    scene.settle(0, UNITS, units=2)
    assert scene.params(0) == {"epochs": 4, "units": 2}
    assert scene.teller.told == [(0, {"epochs": 4, "units": 2}, ("epochs", "units", "layers"))]
    assert scene.driver.heard == [("settled", 0, {"epochs": 4, "units": 2})]


def test_a_new_parameter_belongs_to_the_space_before_the_driver_hears_of_its_value():
    scene = Scene()
    scene.begin(0, epochs=4, units=2, layers=3)
    scene.settle(0, UNITS, LAYERS, RARE, units=2, layers=3, rare=1)
    assert scene.driver.heard == [
        ("grow", ("epochs", "units", "layers", "rare")),
        ("settled", 0, {"epochs": 4, "units": 2, "layers": 3, "rare": 1}),
    ]


def test_a_trial_that_has_what_was_suggested_tells_nobody():
    scene = Scene()
    scene.begin(0, epochs=4, units=2, layers=3)
    scene.settle(0, UNITS, LAYERS, units=2, layers=3)
    assert scene.driver.heard == scene.teller.told == []


def test_a_trial_may_settle_again():
    scene = Scene()
    scene.begin(0, epochs=4, units=2, layers=3)
    scene.settle(0, UNITS, units=2)
    scene.settle(0, UNITS, RARE, units=2, rare=3)
    assert scene.params(0) == {"epochs": 4, "units": 2, "rare": 3}
    assert [what[0] for what in scene.driver.heard] == ["settled", "grow", "settled"]


def test_a_duplicate_is_known_by_the_parameters_that_were_settled():
    scene = Scene()
    scene.begin(0, epochs=4, units=2, layers=3)
    scene.settle(0, UNITS, units=2)
    assert scene.duplicates.earlier(Suggestion(1, {"epochs": 4, "units": 2}, 9)) == 0
    assert scene.duplicates.earlier(Suggestion(1, {"epochs": 4, "units": 2, "layers": 3}, 9)) is None


def test_another_range_for_a_known_name_is_refused_with_both_places():
    scene = Scene()
    scene.begin(0, epochs=4, units=2, layers=3)
    with pytest.raises(GrowthError, match=r"models\.py:9: `units` is {int: \[1, 4\]} here and was .* \(models\.py:3\)"):
        scene.settle(0, Dimension("units", IntRange(1, 4)), units=2)


def test_a_parameter_takes_the_place_of_a_fixed_value_of_that_name():
    space = Space((UNITS,), {"batch_size": 32, "seed": 1})
    grown = extended(space, [Dimension("batch_size", IntRange(16, 64))])
    assert grown.names == ("units", "batch_size")
    assert dict(grown.fixed) == {"seed": 1}


def test_a_condition_on_what_the_space_does_not_have_is_refused():
    lost = Dimension("rate", IntRange(1, 4), parse("`kind` == 3", names={"kind"}))
    with pytest.raises(
        GrowthError, match="the code asks for `rate`: its condition names `kind`, which is no parameter"
    ):
        extended(Space((UNITS,)), [lost])
