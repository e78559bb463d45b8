"""The report's pictures of experiments, as Plotly figures, readable for thousands of strategies."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from evaluation.pictures import ACCENT, BAD, GOOD, INK, MUTED, styled

ENOUGH = 30  # customers in each arm, below which an interval is too wide to draw beside the others
EACH_END = 20  # strategies drawn from the top and from the bottom
_BAND = "rgba(47,111,173,.16)"
_STEPS = ("#173f66", "#2f6fad", "#5d9bd1", "#9ec5e8", "#c3ccd4", "#e3e8ed")


def drawable(readouts: pd.DataFrame) -> pd.DataFrame:
    """The rows with enough customers in both arms to be drawn side by side."""
    enough = (readouts["customers"] >= ENOUGH) & (readouts["control_customers"] >= ENOUGH)
    return readouts[enough].dropna(subset=["lift", "low", "high"])


def both_ends(readouts: pd.DataFrame) -> pd.DataFrame:
    """The drawable rows with the largest and the smallest lifts, ascending; shrunk lifts where there are."""
    order = readouts["shrunk_lift"].fillna(readouts["lift"])
    ranked = readouts.assign(order=order).sort_values(["order", "name"]).drop(columns="order")
    if len(ranked) <= 2 * EACH_END:
        return ranked
    return pd.concat([ranked[:EACH_END], ranked[-EACH_END:]])


def forest(readouts: pd.DataFrame) -> go.Figure:
    """Lifts with their intervals, one line a row.

    Coloured: with the luck of the draw taken out (shrunk) where that was done, else as measured. Grey and
    hollow beside a shrunk one: as measured, for one look. Green is surely good however often one looks, red
    surely bad, blue undecided.
    """
    drawn = both_ends(drawable(readouts))
    shrunk = drawn[["shrunk_lift", "shrunk_low", "shrunk_high"]].notna().all(axis=1)
    best = drawn.assign(
        **{end: drawn[f"shrunk_{end}"].where(shrunk, drawn[end]) for end in ("lift", "low", "high")}
    )
    figure = go.Figure()
    figure.add_trace(_lines(drawn[shrunk], colour=MUTED, width=1.5))
    figure.add_trace(_dots(drawn[shrunk], name="as measured, for one look", colour=MUTED, hollow=True))
    sure = _sureness(drawn)
    for word, colour in (("surely better", GOOD), ("undecided", ACCENT), ("surely worse", BAD)):
        figure.add_trace(_lines(best[sure == word], colour=colour, width=4))
        figure.add_trace(_dots(best[sure == word], name=word, colour=colour))
    figure.add_vline(x=0, line_color=INK, line_width=1)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"})
    figure.update_xaxes(title="lift in conversions, percentage points", zeroline=False)
    figure.update_yaxes(
        type="category", automargin=True, categoryorder="array", categoryarray=list(drawn["name"])
    )
    return styled(figure, height=130 + 22 * len(drawn))


def cumulative(history: pd.DataFrame) -> go.Figure:
    """The lift of all contacts so far, night by night, with the band that holds however often one looks.

    ``history``: as_of, name and READOUTS' columns, the portfolio ('all') and strategies to choose from. Where
    no always-valid interval is kept the band is the one for one look, and the legend says so.
    """

    def traces(part: pd.DataFrame) -> list[go.Scatter]:
        always = part["always_low"].notna().any()
        low, high = ("always_low", "always_high") if always else ("low", "high")
        told = part.dropna(subset=["lift", low, high]).sort_values("as_of")
        nights = [day.isoformat() for day in told["as_of"]]
        name = "holds on every night" if always else "interval for one look only"
        outline = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        return [
            go.Scatter(x=nights, y=100 * told[high], showlegend=False, **outline),
            go.Scatter(x=nights, y=100 * told[low], fill="tonexty", fillcolor=_BAND, name=name, **outline),
            go.Scatter(
                x=nights,
                y=100 * told["lift"],
                mode="lines+markers",
                name="lift so far",
                line={"color": ACCENT, "width": 2},
                hovertemplate="%{x}: %{y:+.2f} pp<extra></extra>",
            ),
        ]

    figure = _choice(history, "name", traces)
    figure.add_hline(y=0, line_color=INK, line_width=1)
    figure.update_xaxes(title="night", type="category")
    figure.update_yaxes(title="lift, percentage points")
    return styled(figure, height=340)


def touches(stages: pd.DataFrame) -> go.Figure:
    """How far contacts came, touch by touch: strategy, step, stage and contacts (null where hidden)."""

    def traces(part: pd.DataFrame) -> list[go.Bar]:
        return [
            go.Bar(
                y=own["stage"],
                x=own["contacts"].astype(int),
                orientation="h",
                name=f"touch {step}",
                marker_color=_STEPS[(int(str(step)) - 1) % len(_STEPS)],
                text=[f"{int(count):,}" for count in own["contacts"]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{fullData.name}, %{y}: %{x:,}<extra></extra>",
            )
            for step, own in part.dropna(subset=["contacts"]).groupby("step")
        ]

    figure = _choice(stages, "strategy", traces)
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title="contacts")
    return styled(figure, height=360)


def sample_ratio(shares: pd.DataFrame, *, bound: pd.DataFrame) -> go.Figure:
    """The share treated against the share drawn, by the size of the experiment.

    ``shares``: name, customers (both arms), observed, drawn, alarm; ``bound``: customers, away: how far the
    share may stray at that size before it is an alarm, however often one looks.
    """
    figure = go.Figure()
    for sign in (1, -1):
        figure.add_trace(
            go.Scatter(
                x=bound["customers"],
                y=sign * 100 * bound["away"],
                mode="lines",
                line={"color": INK, "width": 1, "dash": "dot"},
                name="always-valid bound at the usual draw",
                showlegend=sign > 0,
                hoverinfo="skip",
            )
        )
    for alarm, colour, name in ((False, MUTED, "as drawn"), (True, BAD, "not as drawn: broken")):
        part = shares[shares["alarm"] == alarm]
        figure.add_trace(
            go.Scatter(
                x=part["customers"],
                y=100 * (part["observed"] - part["drawn"]),
                mode="markers",
                marker={"color": colour, "size": 8, "opacity": 0.8},
                name=name,
                customdata=np.stack([part["name"], 100 * part["observed"], 100 * part["drawn"]], axis=-1)
                if len(part)
                else None,
                hovertemplate="%{customdata[0]}: %{customdata[1]:.1f} % treated, "
                "%{customdata[2]:.1f} % drawn<extra></extra>",
            )
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.15})
    figure.add_hline(y=0, line_color=INK, line_width=1)
    figure.update_xaxes(title="customers in both arms", type="log", dtick="D2", tickformat=",")
    figure.update_yaxes(title="treated beyond the draw, percentage points")
    return styled(figure, height=340)


def weeks(rows: pd.DataFrame) -> go.Figure:
    """The portfolio's lift by week of exposure: week, lift, low, high."""
    figure = go.Figure(
        go.Scatter(
            x=rows["week"],
            y=100 * rows["lift"],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": 100 * (rows["high"] - rows["lift"]),
                "arrayminus": 100 * (rows["lift"] - rows["low"]),
                "color": MUTED,
            },
            mode="lines+markers",
            marker={"color": ACCENT, "size": 8},
            hovertemplate="week %{x}: %{y:+.2f} pp<extra></extra>",
        )
    )
    figure.add_hline(y=0, line_color=INK, line_width=1)
    figure.update_xaxes(title="week of exposure since the strategy began", dtick=1)
    figure.update_yaxes(title="lift, percentage points")
    return styled(figure, height=300)


def _sureness(rows: pd.DataFrame) -> "pd.Series[str]":
    low = rows["always_low"].fillna(rows["low"])
    high = rows["always_high"].fillna(rows["high"])
    words = np.select([low > 0, high < 0], ["surely better", "surely worse"], "undecided")
    return pd.Series(words, index=rows.index, dtype=str)


def _lines(rows: pd.DataFrame, *, colour: str, width: float) -> go.Scatter:
    """All intervals in one trace, kept apart by gaps."""
    ends = np.stack([100 * rows["low"], 100 * rows["high"], np.full(len(rows), np.nan)], axis=-1)
    return go.Scatter(
        x=ends.ravel(),
        y=np.repeat(rows["name"].to_numpy(), 3),
        mode="lines",
        line={"color": colour, "width": width},
        hoverinfo="skip",
        showlegend=False,
    )


def _dots(rows: pd.DataFrame, *, name: str, colour: str, hollow: bool = False) -> go.Scatter:
    return go.Scatter(
        x=100 * rows["lift"],
        y=rows["name"],
        mode="markers",
        name=name,
        showlegend=len(rows) > 0,
        marker={"color": colour, "size": 8, "symbol": "circle-open" if hollow else "circle"},
        customdata=100 * rows[["low", "high"]].to_numpy(),
        hovertemplate="%{y}: %{x:+.2f} pp, %{customdata[0]:+.2f} to %{customdata[1]:+.2f}<extra></extra>",
    )


def _choice(rows: pd.DataFrame, by: str, traces: Callable[[pd.DataFrame], Sequence[Any]]) -> go.Figure:
    """One figure with a list to choose from; the first name of ``rows`` is shown."""
    figure, owners = go.Figure(), []
    for name in rows[by].unique():
        made = traces(rows[rows[by] == name])
        figure.add_traces(made)
        owners += [name] * len(made)
    names = list(dict.fromkeys(owners))
    for trace, owner in zip(figure.data, owners, strict=True):
        trace.visible = owner == names[0]
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        updatemenus=[
            {
                "buttons": [
                    {"label": name, "method": "restyle", "args": ["visible", [o == name for o in owners]]}
                    for name in names
                ],
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
            }
        ]
        if len(names) > 1
        else [],
    )
    return figure
