# SPDX-License-Identifier: MIT
"""A record as one page of HTML, which fetches nothing: plots, the table of all lines, and where they were measured."""

from html import escape
from pathlib import Path

import table
from page import plots

STYLE = Path(__file__).with_name("page.css")
NO_PLOTS = "no plot: python3-matplotlib is not installed"


def element(tag, text, kind=""):
    """Text of a program, as an element."""
    return f"<{tag}{f' class={kind!r}' if kind else ''}>{escape(str(text))}</{tag}>".replace("'", '"', 2 if kind else 0)


def facts(pairs):
    return "<dl>" + "".join(element("dt", name) + element("dd", value) for name, value in pairs) + "</dl>"


def notes(texts):
    return '<ul class="notes">' + "".join(element("li", text) for text in texts) + "</ul>" if texts else ""


def plotted_numbers(sweep):
    head = element("th", sweep["x"]) + "".join(element("th", point["shown"]) for point in sweep["points"])
    rows = []
    for series in sweep["series"]:
        medians = {point["x"]: table.number(point["median"]) for point in series["points"]}
        rows.append("<tr>" + element("td", series["name"]) + "".join(element("td", medians.get(p["x"], "")) for p in sweep["points"]) + "</tr>")
    words = f"<summary>The medians in numbers, {escape(sweep['unit'])}</summary>"
    return f'<details>{words}<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div></details>'


def plot(sweep):
    drawn = plots.svg(sweep) or element("p", NO_PLOTS)
    below = notes([*sweep["left_out"], *sweep["notes"]])
    return f"<section>{element('h2', sweep['title'])}<figure>{drawn}<figcaption>{below}</figcaption></figure>{plotted_numbers(sweep)}</section>"


def row(found):
    bar, reached = table.bar(found)
    cells = [element("td", found["name"], "peer" if "compared" in found else "")]
    cells += [element("td", table.number(found["median"])), element("td", found["unit"], "unit"), element("td", table.spread(found))]
    cells += [element("td", table.compared(found)), element("td", bar), element("td", reached, reached)]
    return f"<tr>{''.join(cells)}</tr>"


def line(found):
    about = f"{found['name']}: {found['title']}"
    head = f'<tr><th scope="rowgroup" colspan="7">{escape(about)}</th></tr>'
    below = "".join(f'<tr><td class="note" colspan="7">{escape(note)}</td></tr>' for note in found["notes"])
    return f"<tbody>{head}{''.join(row(each) for each in found['rows'])}{below}</tbody>"


def lines(record):
    if not record["lines"]:
        return ""
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in ("", *table.HEAD[1:]))
    body = "".join(line(found) for found in record["lines"])
    told = "ours/its is rankpool's number over that of the peer in the row; bars are what rankpool is to reach."
    return f'<section>{element("h2", "All lines")}{element("p", told)}<div class="wide"><table><thead><tr>{head}</tr></thead>{body}</table></div></section>'


def where(record):
    machine, versions = record["machine"], record["versions"]
    pairs = [
        ("machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']:g} GiB of memory, {machine['kernel']}"),
        ("date", record["date"]),
        ("runs", f"{table.runs(record['runs'])} of everything: medians, and from the smallest to the largest"),
        ("load", f"{record['load']['start']:.2f} at the start, {record['load']['end']:.2f} at the end"),
        *((name, version or "not installed") for name, version in versions.items()),
    ]
    failed = [f"failed to run: {name}: {problem}" for name, problem in record["failed"].items()]
    return facts(pairs) + notes(failed)


def html(record):
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>rankpool beside its peers</title>'
    style = f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
    told = element("p", "What scripts/benchmark has measured; the same with all runs is in benchmark.json.")
    body = "".join([element("h1", "rankpool beside its peers"), told, where(record), *map(plot, record["sweeps"]), lines(record)])
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}{style}</head><body>{body}</body></html>\n'
