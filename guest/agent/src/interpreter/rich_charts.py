"""A cell that prints the charts which differ from those of e2b-charts."""

import json
import warnings

import e2b_charts
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

formatter = get_ipython().display_formatter.formatters["application/vnd.neurovisor.chart+json"]


def expected(figure):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return json.loads(e2b_charts.chart_figure_to_chart(figure).model_dump_json())


def same(one, other):
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        # e2b-charts rounds angles to six digits.
        return abs(one - other) <= 1e-5 * max(1, abs(one))
    return one == other


def drawn(draw, count=1):
    figure, axes = plt.subplots(1, count)
    draw(axes)
    return figure


BOXES = [[1, 2, 3, 4, 5, 30], [2, 3, 4]]
DAYS = np.arange("2026-01-01", "2026-01-04", dtype="datetime64[D]")
TABLE = pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1]})
FIGURES = {
    "lines": drawn(
        lambda one: (
            one.plot([1, 2, 3], [4, 5, 6], label="x"),
            one.plot([3, 1]),
            one.grid(),
            one.legend(),
            one.set(title="T", xlabel="t (s)", ylabel="y [m]"),
        )
    ),
    "texts": drawn(lambda one: one.plot(["a", "b", "c"], [4, 5, 6])),
    "times": drawn(lambda one: one.plot(pd.date_range("2026-01-01", periods=4), range(4))),
    "numpy's days": drawn(lambda one: one.plot(DAYS, range(3))),
    "logarithmic": drawn(lambda one: (one.plot([1, 10, 100], [4, 5, 6]), one.set_xscale("log"))),
    "with a grid line": drawn(lambda one: (one.plot([1, 10, 100], [4, 5, 6]), one.axhline(5))),
    "scattered": drawn(lambda one: (one.scatter([1, 2, 3], [4, 5, 6], label="s"), one.scatter([1, 2], [3, 4]))),
    "bars": drawn(lambda one: (one.bar(["a", "b"], [1, 2], label="g"), one.bar(["a", "b"], [3, 1]))),
    "lying bars": drawn(lambda one: (one.barh(["a", "b"], [1, 2]), one.set_xlabel("w (kg)"))),
    "pie": drawn(lambda one: one.pie([1, 2, 3.3], labels=["a", "b", "c"])),
    "boxes": drawn(lambda one: (one.boxplot(BOXES, patch_artist=True, tick_labels=["p", "q"]), one.set_ylabel("h (m)"))),
    "lying boxes": drawn(lambda one: one.boxplot(BOXES, patch_artist=True, orientation="horizontal")),
    "histogram": drawn(lambda one: one.hist([1, 2, 2, 3, 5])),
    "picture": drawn(lambda one: one.imshow([[1, 2], [3, 4]])),
    "two": drawn(lambda two: (two[0].plot([1, 2]), two[1].bar(["a", "b"], [1, 2]), two[0].figure.suptitle("S")), 2),
    "table": TABLE.plot().figure,
    "bars of a table": TABLE.plot.bar().figure,
}
for name, figure in FIGURES.items():
    figure.canvas.draw()
    chart = json.loads(formatter(figure))
    if not same(chart, expected(figure)):
        print(name, chart, expected(figure))
plt.close("all")
