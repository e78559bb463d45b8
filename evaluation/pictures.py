"""The report's pictures, as Plotly figures."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from evaluation.suppress import SMALLEST

INK, MUTED, GOOD, BAD, ACCENT = "#1c2733", "#8a97a5", "#1f8a70", "#c8553d", "#2f6fad"
CHANNEL_NAMES = {
    "push": "app push 推送",
    "sms": "SMS 短信",
    "ai_call": "AI call AI外呼",
    "human_call": "human call 人工",
}
_RESULT_SHADES = {
    "not_delivered": "#e3e8ed",
    "delivered": "#c3ccd4",
    "opened": "#9ec5e8",
    "no_answer": "#d3d9df",
    "hung_up": "#a9b3bd",
    "heard_out": "#7fb3dd",
    "interested": "#3fae8f",
    "converted": "#0f5c4a",
    "refused": "#e0a08f",
    "complained": "#c8553d",
}
_SHADES = {"push": "#9ec5e8", "sms": "#5d9bd1", "ai_call": "#2f6fad", "human_call": "#173f66"}


def journey(stages: pd.DataFrame) -> go.Figure:
    """From all customers to those interested; every bar says how many and what share of the bar above."""
    drawn = stages.dropna(subset=["customers"])
    counts = drawn["customers"].astype(int).to_numpy()
    before = np.concatenate([counts[:1], counts[:-1]])
    shares = np.divide(counts, before, out=np.zeros(len(counts)), where=before > 0)
    figure = go.Figure(
        go.Bar(
            y=drawn["stage"],
            x=counts,
            orientation="h",
            marker_color=ACCENT,
            text=[
                f"{c:,}   {s:.0%}" if i else f"{c:,}"
                for i, (c, s) in enumerate(zip(counts, shares, strict=True))
            ],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(visible=False, range=[0, max(counts, default=1) * 1.2])
    return styled(figure, height=60 + 38 * len(drawn))


def segment_sizes(catalog: pd.DataFrame) -> go.Figure:
    """Customers and mean assets by segment, largest first."""
    drawn = catalog[catalog["customers"] >= SMALLEST].sort_values("customers", ascending=False)
    mean_aum = drawn["aum_fen"] / 100 / drawn["customers"]
    figure = go.Figure(
        go.Bar(
            x=drawn["segment"],
            y=drawn["customers"],
            marker={
                "color": mean_aum,
                "colorscale": [[0, "#dbe8f4"], [1, "#173f66"]],
                "colorbar": {"title": "mean AUM, ¥", "thickness": 12},
            },
            customdata=np.stack([drawn["name"], mean_aum.round(0)], axis=-1) if len(drawn) else None,
            hovertemplate="%{x} %{customdata[0]}<br>%{y:,}, mean ¥%{customdata[1]:,.0f}<extra></extra>",
        )
    )
    figure.update_yaxes(title="customers")
    return styled(figure, height=320)


def migration(moved: pd.DataFrame) -> go.Figure:
    """Who changed segment since the night before; those who stayed are left out."""
    drawn = moved[(moved["before"] != moved["after"])].dropna(subset=["customers"])
    left = sorted(drawn["before"].unique())
    right = sorted(drawn["after"].unique())
    figure = go.Figure(
        go.Sankey(
            node={"label": [*left, *right], "color": ACCENT, "pad": 10, "thickness": 12},
            link={
                "source": [left.index(b) for b in drawn["before"]],
                "target": [len(left) + right.index(a) for a in drawn["after"]],
                "value": drawn["customers"].astype(int),
                "color": "rgba(47,111,173,.25)",
            },
        )
    )
    return styled(figure, height=max(260, 22 * max(len(left), len(right))))


def capacity(released: pd.DataFrame, capacities: Mapping[str, int]) -> go.Figure:
    """Contacts made against what each channel could carry tonight."""
    used = released.set_index("channel")["contacts"].astype("Float64").fillna(0)
    channels = [name for name in CHANNEL_NAMES if name in capacities]
    shares = [100 * float(used.get(c, 0)) / capacities[c] if capacities[c] else 0.0 for c in channels]
    figure = go.Figure(
        go.Bar(
            y=[CHANNEL_NAMES[c] for c in channels],
            x=shares,
            orientation="h",
            marker_color=[_SHADES[c] for c in channels],
            text=[
                f"{int(used.get(c, 0)):,} of {capacities[c]:,} ({s:.0f} %)"
                for c, s in zip(channels, shares, strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title="% of capacity", range=[0, 145], tickvals=[0, 25, 50, 75, 100])
    figure.add_vline(x=100, line_color=INK, line_dash="dot", line_width=1)
    return styled(figure, height=250)


def hours(planned: pd.DataFrame) -> go.Figure:
    """When contacts are planned, by channel."""
    figure = go.Figure()
    for channel, name in CHANNEL_NAMES.items():
        drawn = planned[planned["channel"] == channel].dropna(subset=["contacts"])
        figure.add_trace(
            go.Bar(x=drawn["hour"], y=drawn["contacts"].astype(int), name=name, marker_color=_SHADES[channel])
        )
    figure.update_layout(barmode="stack", showlegend=True, legend={"orientation": "h", "y": 1.2})
    figure.update_xaxes(title="hour of the contact day", dtick=1)
    return styled(figure, height=300)


def bars(counts: pd.DataFrame, *, label: str, count: str) -> go.Figure:
    """Plain horizontal bars, largest on top."""
    drawn = counts.dropna(subset=[count]).sort_values(count)
    figure = go.Figure(
        go.Bar(
            y=drawn[label],
            x=drawn[count].astype(int),
            orientation="h",
            marker_color=MUTED,
            text=[f"{int(c):,}" for c in drawn[count]],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(visible=False, range=[0, (int(drawn[count].max()) if len(drawn) else 1) * 1.15])
    figure.update_yaxes(automargin=True)
    return styled(figure, height=60 + 26 * max(len(drawn), 2))


def results(counts: pd.DataFrame) -> go.Figure:
    """What came back, by channel, as shares of that channel's answers."""
    figure = go.Figure()
    for word, shade in _RESULT_SHADES.items():
        drawn = counts[counts["result"] == word].dropna(subset=["contacts"])
        share = 100 * drawn["contacts"].astype(float) / drawn["answers"]
        figure.add_trace(
            go.Bar(
                y=[CHANNEL_NAMES.get(c, c) for c in drawn["channel"]],
                x=share,
                orientation="h",
                name=word.replace("_", " "),
                marker_color=shade,
                hovertemplate="%{fullData.name}: %{x:.1f} %<extra></extra>",
            )
        )
    figure.update_layout(barmode="stack", showlegend=True, legend={"orientation": "h", "y": 1.25})
    figure.update_xaxes(title="% of the channel's answers")
    return styled(figure, height=320)


def as_html(name: str, figure: go.Figure) -> Markup:
    """The figure as a part of a page that holds Plotly already; ``name`` becomes its id."""
    body = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displayModeBar": False, "responsive": True},
    )
    return Markup(body)  # Plotly escapes what it lays out


def styled(figure: go.Figure, *, height: int) -> go.Figure:
    """The figure in the report's own dress."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 30, "t": 20, "b": 40},
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={
            "family": "system-ui, 'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif",
            "color": INK,
        },
        showlegend=bool(figure.layout.showlegend),
    )
    figure.update_xaxes(gridcolor="#eef1f4")
    figure.update_yaxes(ticksuffix=" ")
    return figure
