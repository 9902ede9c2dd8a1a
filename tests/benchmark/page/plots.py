# SPDX-License-Identifier: MIT
"""Draws a sweep of a record with matplotlib, as an SVG that stands inside a page and has the page's colours."""

import io
import re
from html import escape

try:
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, NullLocator, PercentFormatter
except ImportError:
    matplotlib = None

# What the page's style paints: matplotlib has no names for that, so that colours stand for them until it has drawn.
INK, PALE = "#010203", "#040506"
PAINTED = {INK: "currentColor", PALE: "var(--pale)"}
# A colour and a mark for each program, the same in all plots; told apart also by who sees few colours.
LOOKS = {
    "rankpool": ("#2b7de9", "o"),
    "rankpool exec": ("#12a37f", "s"),
    "Python's Pool": ("#e8912d", "^"),
    "mpi4py.futures": ("#c65fb0", "D"),
    "bare Boost.MPI": ("#8a8f98", "v"),
    "GNU parallel": ("#d9532c", "P"),
    "xargs": ("#8d74d6", "X"),
}
STYLE = {
    "svg.fonttype": "none",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": PALE,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": PALE,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_series(axes, series):
    """The medians, and from the smallest to the largest run."""
    colour, mark = series.get("look") or LOOKS.get(series["name"], (INK, "o"))
    points = series["points"]
    xs = [point["x"] for point in points]
    axes.fill_between(xs, [point["min"] for point in points], [point["max"] for point in points], color=colour, alpha=0.18, linewidth=0)
    ours = not series["peer"]
    medians = [point["median"] for point in points]
    axes.plot(xs, medians, color=colour, marker=mark, markersize=6, linewidth=2.4 if ours else 1.6, label=series["name"], zorder=3 if ours else 2)


def draw_ideal(axes, sweep):
    points = [point for point in sweep["points"] if point["ideal"] is not None]
    if points:
        axes.plot([p["x"] for p in points], [p["ideal"] for p in points], color=INK, linestyle=(0, (2, 3)), linewidth=1.2, label="ideal", zorder=1)


def set_axes(axes, sweep):
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks([point["x"] for point in sweep["points"]], [point["shown"] for point in sweep["points"]])
    axes.set_xlabel(sweep["x"])
    axes.set_ylabel(sweep["y"])
    if sweep["is_share"]:
        axes.set_ylim(0, 1.05)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    else:
        axes.set_yscale("log")
        axes.yaxis.set_minor_locator(NullLocator())
        power = {"us": 1e-6}.get(sweep["unit"], 1)
        unit = {"us": "s", "B/s": "B/s"}.get(sweep["unit"], "")
        shown = EngFormatter(unit=unit)
        axes.yaxis.set_major_formatter(lambda y, _position: shown(y * power).strip())
    axes.grid(axis="y", linewidth=0.7)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)


def draw(sweep):
    figure = Figure(figsize=(8.6, 4.2))
    axes = figure.add_subplot()
    for series in sweep["series"]:
        if series["points"]:
            draw_series(axes, series)
    draw_ideal(axes, sweep)
    set_axes(axes, sweep)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, frameon=False, labelspacing=0.7)
    return figure


def inside_a_page(text, sweep):
    """Without what only a file of its own needs, with names that no other plot has, and with words for who does not see it."""
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text[text.index("<svg") :], flags=re.DOTALL)
    name = sweep["name"]
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    for colour, paint in PAINTED.items():
        text = text.replace(colour, paint)
    programs = ", ".join(series["name"] for series in sweep["series"])
    words = f'<title id="{name}-title">{escape(sweep["title"])}</title>'
    words += f'<desc id="{name}-desc">{escape(sweep["y"])} over {escape(sweep["x"])}: {escape(programs)}. The numbers are in the table below.</desc>'
    head = f'<svg role="img" aria-labelledby="{name}-title {name}-desc"'
    return re.sub(r"<svg([^>]*)>", lambda found: f"{head}{found[1]}>{words}", text, count=1)


def svg(sweep):
    """Nothing where there is no matplotlib."""
    if not matplotlib:
        return ""
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": sweep["name"]}):
        file = io.StringIO()
        draw(sweep).savefig(file, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return inside_a_page(file.getvalue(), sweep)
