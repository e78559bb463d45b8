"""Variables of scripts: those that the house fills, and those that a strategy's author gives."""

from strategies.variables.template import filled, placeholders
from strategies.variables.variable import EXAMPLE, Occasion, Variable, house_variables

__all__ = ["EXAMPLE", "Occasion", "Variable", "filled", "house_variables", "placeholders"]
