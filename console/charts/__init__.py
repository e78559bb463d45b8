"""Charts as SVG, made on the server from plain numbers: text stays text, colour tells nothing alone.

Each takes a ``title`` and a ``desc`` in the reader's language; its page shows the same numbers as a table.
"""

from console.charts.bars import Bar, Column, bars, columns
from console.charts.dots import Dot, dots
from console.charts.flow import Link, flow
from console.charts.lines import Line, lines, spark

__all__ = ["Bar", "Column", "Dot", "Line", "Link", "bars", "columns", "dots", "flow", "lines", "spark"]
