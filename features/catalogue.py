"""All declared features, by name, in the order of families and of declaration within them."""

from collections.abc import Mapping
from dataclasses import replace

from base.registry import instances
from features.declaration import Feature
from lake.tables.words import CHANNELS


def inputs(each: Feature, declared: Mapping[str, Feature]) -> dict[str, Feature]:
    """What a derived feature is made of: the others that its function names."""
    # Running the function would need an engine, and rules are read without one.
    return {name: declared[name] for name in each.compute.__code__.co_names if name in declared}


def permitted(declared: Mapping[str, Feature]) -> dict[str, Feature]:
    """The features, each derived one with the channels on which all that it is made of may be used."""
    made_of = {name: inputs(each, declared) for name, each in declared.items() if each.source is None}
    known = dict(declared)
    # As often as one could rest on another: the channels of what lies deepest have come up by then.
    for _ in made_of:
        for name, others in made_of.items():
            common = (c for c in CHANNELS if all(c in known[other].channels for other in others))
            known[name] = replace(known[name], channels=tuple(common))
    return known


DECLARED: dict[str, Feature] = permitted(instances("features.families", Feature))
"""Every feature, steps on the way to others (their names begin with an underscore) included."""

FEATURES: dict[str, Feature] = {name: each for name, each in DECLARED.items() if not each.step}
"""The features that are kept: the columns of ``customer_features``."""
