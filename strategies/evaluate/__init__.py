"""Thousands of rules over millions of customers in one pass: conditions are evaluated once, into bit sets."""

from strategies.evaluate.compiler import compile_rules
from strategies.evaluate.program import Program

__all__ = ["Program", "compile_rules"]
