"""All declared features, by name, in the order of families and of declaration within them."""

from base.registry import instances
from features.declaration import Feature

DECLARED: dict[str, Feature] = instances("features.families", Feature)
"""Every feature, steps on the way to others (their names begin with an underscore) included."""

FEATURES: dict[str, Feature] = {name: each for name, each in DECLARED.items() if not each.step}
"""The features that are kept: the columns of ``customer_features``."""
