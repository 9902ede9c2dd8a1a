# SPDX-License-Identifier: MIT
"""The answers as plots: a page of HTML that fetches nothing, and a page of Markdown with a picture beside it."""

import textwrap
from pathlib import Path

import cases
import sheet
from page import document, plots

# A colour and a mark for each task length, told apart also by who sees few colours.
LOOKS = (("#d9532c", "P"), ("#e8912d", "^"), ("#12a37f", "s"), ("#2b7de9", "o"), ("#8d74d6", "X"))
TITLE = "What a pool reaches on many nodes"
QUESTION = "scripts/simulate --nodes 200 --task-length 100ms"


def sweep(name, title, points, curves, value, y):
    """As the benchmark's page draws it."""
    series = []
    for look, (length, found) in zip(LOOKS, curves.items(), strict=True):
        each = [
            {"x": x, "shown": sheet.count(x)} | dict.fromkeys(("min", "max", "median"), value(answer))
            for x, answer in zip(points, found, strict=True)
        ]
        series.append({"name": f"tasks of {cases.shown(length)}", "peer": False, "look": look, "points": each})
    return {
        "name": name,
        "title": title,
        "x": "workers",
        "y": y,
        "unit": "of the workers' time",
        "is_share": True,
        "points": [{"x": x, "shown": sheet.count(x), "ideal": None} for x in points],
        "series": series,
        "left_out": [],
        "notes": [f"{cases.EACH} tasks for each worker, {cases.WORKERS_PER_NODE} workers on a node"],
    }


def sweeps(model, most_workers):
    points, equal = cases.curves(model, most_workers)
    same, uneven = cases.curves(model, most_workers, "log_normal")
    of_greedy = lambda answer: min(1.0, answer["efficiency"] / answer["greedy"])
    return [
        sweep("efficiency", "Efficiency, equal tasks", points, equal, lambda answer: answer["efficiency"], "efficiency"),
        sweep("uneven", "Log-normal tasks, beside greedy workers", same, uneven, of_greedy, "of what greedy workers reach"),
    ]


def html(found, model, calibration):
    machine = calibration["machine"]
    pairs = [
        ("costs measured", f"{calibration['date']}, {machine['cpu']}, {machine['network']}"),
        ("model", f"{model.workers_per_node} workers on a node; tests/simulate/README.md says what is in it"),
    ]
    cells = "".join(
        f"<tr>{document.element('td', name)}{document.element('td', sheet.microseconds(of['ns']))}{document.element('td', of['how'], 'unit')}</tr>"
        for name, of in calibration["times"].items()
    )
    costs = f'<section><h2>What costs time, in us</h2><div class="wide"><table><tbody>{cells}</tbody></table></div></section>'
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{TITLE}</title>'
    style = f"<style>{document.STYLE.read_text(encoding='utf-8')}</style>"
    body = f"<h1>{TITLE}</h1>{document.facts(pairs)}{''.join(map(document.plot, found))}{costs}"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}{style}</head><body>{body}</body></html>\n'


def picture(found):
    """An SVG that stands alone, on white; nothing where there is no matplotlib."""
    text = plots.svg(found)
    if not text:
        return ""
    text = text.replace("currentColor", "#1d2329").replace("var(--pale)", "#d5dae0")
    names = ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    text = text.replace(' xmlns="http://www.w3.org/2000/svg"', "").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    start = text.index(">") + 1
    return text[: start - 1] + names + ' style="background: white; font-family: sans-serif">' + text[start:] + "\n"


def write(folder, model, calibration, most_workers):
    folder.mkdir(parents=True, exist_ok=True)
    found = sweeps(model, most_workers)
    (folder / "simulate.html").write_text(html(found, model, calibration), encoding="utf-8")
    (folder / "efficiency.svg").write_text(picture(found[0]), encoding="utf-8")
    print(f"Written: {folder / 'simulate.html'}, {folder / 'efficiency.svg'}")


def write_page(file, model, calibration):
    """What a user may expect; its plot lies beside it."""
    points, equal = cases.curves(model, cases.WORKERS[-1])
    drawn = picture(sweep("efficiency", "Efficiency, equal tasks", points, equal, lambda answer: answer["efficiency"], "efficiency"))
    plot_file = Path(file).with_suffix(".svg")
    plot_file.write_text(drawn, encoding="utf-8")
    parts = [
        f"# {TITLE}",
        f"By simulation of the real scheduler with costs measured on {calibration['date'][:10]} ({calibration['machine']['cpu']}, TCP on one "
        "machine); written by `scripts/simulate --page`. Efficiency is the tasks' time over that of all workers: 0.9 means that a tenth is lost. "
        "Real runs on 32 small nodes came within 3 %; nothing larger has been measured.",
        f"Ask for your own case: `{QUESTION}`, with `--tasks`, `--times log_normal`, `--workers-per-node`; "
        "`scripts/simulate --calibrate` measures the costs on your machine. What is in the model and how far it can be trusted: "
        "[tests/simulate](../tests/simulate/README.md).",
        f"![Efficiency over workers, for task lengths of 1 ms to 10 s]({plot_file.name})",
        sheet.expected(points, equal).markdown(),
        sheet.saturation(cases.saturation(model)).markdown(),
        "Rule of thumb: all tasks pass through rank 0, so workers over mean task length is what it has to bear in tasks a second. Where that is too "
        "much, put several into one by a loop in the task; `chunksize` helps less, since results of tasks of 4 ms and more go one by one. "
        "Several ranks on a node do not help: rank 0 is one process whatever the others are.",
        sheet.dragon(cases.dragon(model)).markdown(),
        sheet.losses(cases.losses(model)).markdown(),
    ]
    text = "\n\n".join(part.strip() if "|" in part else textwrap.fill(part, 118, break_long_words=False) for part in parts)
    Path(file).write_text(text + "\n", encoding="utf-8")
    print(f"Written: {file}, {plot_file}")
