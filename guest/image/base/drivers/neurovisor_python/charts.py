"""The content of matplotlib's figures as data, in the form that clients of e2b-charts read.

Points beyond the limit are thinned out evenly, and the chart is then `truncated`.
"""

import datetime
import re

from .values import Encoded, Plain, encoded

POINTS_MAX = 10_000
ELEMENTS_MAX = 1000
TICKS_MAX = 1000
_UNIT = re.compile(r"\s\((.*?)\)|\[(.*?)\]")


def figure_chart(figure):
    """Returns the chart of a figure, or None for one without data."""
    axes = figure.get_axes()
    if not any(one.has_data() for one in axes):
        return None
    if len(axes) == 1:
        chart = _chart(axes[0])
    else:
        parts = [_chart(one) for one in axes[:ELEMENTS_MAX]]
        chart = {"type": "superchart", "title": figure.get_suptitle(), "elements": parts}
    return _encoded(chart)


def _encoded(chart: dict) -> Encoded:
    # NaN becomes null, and numbers of numpy those of Python.
    return encoded(Plain(nodes=1 << 30, characters=1 << 30).copy(chart))


def _chart(axes) -> dict:
    chart = {"type": "unknown", "title": None, "elements": []}
    try:
        kind = _kind(axes)
        chart["title"] = axes.get_title() or None
        if kind in _EXTRACTORS:
            return {**chart, "type": kind, **_EXTRACTORS[kind](axes)}
    except Exception:  # An arrangement that none of them knows, or code of the user.
        pass
    return chart


def _kind(axes) -> str:
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import PathPatch, Rectangle, Wedge

    shown = [*axes.lines, *axes.patches, *axes.collections, *axes.images, *axes.tables, *axes.artists]
    if all(isinstance(one, Line2D) for one in shown):
        return "line"
    if all(isinstance(one, (PathPatch, Line2D)) for one in shown):
        return "box_and_whisker"
    shown = [one for one in shown if not (isinstance(one, Line2D) and _is_grid_line(one))]
    for kind, shape in (("scatter", PathCollection), ("pie", Wedge), ("bar", Rectangle)):
        if all(isinstance(one, shape) for one in shown):
            return kind
    return "unknown"


def _is_grid_line(line) -> bool:
    x, y = line.get_xdata(), line.get_ydata()
    return len(x) == len(y) == 2 and (x[0] == x[1] or y[0] == y[1])


def _labels(axes) -> dict:
    labels = {"x_label": axes.get_xlabel() or None, "y_label": axes.get_ylabel() or None}
    for axis in ("x", "y"):
        unit = _UNIT.search(labels[f"{axis}_label"] or "")
        labels[f"{axis}_unit"] = (unit.group(1) or unit.group(2)) if unit else None
    return labels


def _turned(labels: dict) -> dict:
    """Returns the labels of a chart whose axes are exchanged."""
    return {("y" if name[0] == "x" else "x") + name[1:]: value for name, value in labels.items()}


def _points_of(axes, series: list) -> dict:
    """Returns the chart of series of points, each a label, all x and all y."""
    total = sum(min(len(x), len(y)) for _, x, y in series)
    step = -(-total // POINTS_MAX) if total else 1
    elements = [
        {"label": label, "points": [[_point(a), _point(b)] for a, b in zip(x[::step], y[::step])]}
        for label, x, y in series[:ELEMENTS_MAX]
    ]
    chart = {"elements": elements, **_labels(axes), **_ticks(axes, "x"), **_ticks(axes, "y")}
    if step > 1 or len(series) > ELEMENTS_MAX:
        chart["truncated"] = True
    return chart


def _point(value):
    if isinstance(value, datetime.date):
        return value.isoformat()
    if type(value).__name__ == "datetime64":
        return str(value.astype("datetime64[s]"))
    return value if isinstance(value, str) else _number(value)


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def _ticks(axes, name: str) -> dict:
    from matplotlib.dates import num2date

    axis = getattr(axes, f"{name}axis")
    texts = [label.get_text() for label in axis.get_ticklabels()][:TICKS_MAX]
    ticks = list(axis.get_ticklocs())[:TICKS_MAX]
    scale = axis.get_scale()
    if "DateConverter" in type(axis.get_converter()).__name__:
        scale, ticks = "datetime", [num2date(tick).isoformat() for tick in ticks]
    elif scale == "linear" and ticks and all(
        tick == at and str(at) != text for at, (tick, text) in enumerate(zip(ticks, texts))
    ):
        scale = "categorical"
    return {f"{name}_ticks": ticks, f"{name}_tick_labels": texts, f"{name}_scale": scale}


def _line(axes) -> dict:
    lines = [line for line in axes.get_lines() if not _is_grid_line(line)]
    return _points_of(axes, [(_numbered(line, "_child", "Line"), line.get_xdata(), line.get_ydata()) for line in lines])


def _scatter(axes) -> dict:
    offsets = [(one.get_label(), one.get_offsets()) for one in axes.collections]
    return _points_of(axes, [(label, points[:, 0], points[:, 1]) for label, points in offsets])


def _numbered(artist, prefix: str, name: str) -> str:
    label = str(artist.get_label())
    return f"{name} {int(label[len(prefix):])}" if label.startswith(prefix) else label


def _bar(axes) -> dict:
    labels = _labels(axes)
    elements = []
    for container in axes.containers:
        group = _numbered(container, "_container", "Group")
        values = [bar.get_height() for bar in container]
        texts = axes.get_xticklabels()
        if all(value == values[0] for value in values):
            # The bars lie.
            labels = _turned(labels)
            values = [bar.get_width() for bar in container]
            texts = axes.get_yticklabels()
        elements += [{"label": text.get_text(), "group": group, "value": value} for text, value in zip(texts, values)]
    chart = {"elements": elements[:POINTS_MAX], **labels}
    return {**chart, "truncated": True} if len(elements) > POINTS_MAX else chart


def _pie(axes) -> dict:
    wedges = axes.patches[:ELEMENTS_MAX]
    elements = [
        {"label": one.get_label(), "angle": abs(_rounded(one.theta2 - one.theta1)), "radius": one.r} for one in wedges
    ]
    return {"elements": elements}


def _box_and_whisker(axes) -> dict:
    labels = _labels(axes)
    boxes = [_box(text.get_text(), patch) for text, patch in zip(axes.get_xticklabels(), axes.patches[:ELEMENTS_MAX])]
    across, along = ("y", "x") if len({round(one["y"][1] - one["y"][0], 6) for one in boxes}) == 1 else ("x", "y")
    if along == "x":
        labels = _turned(labels)
    for line in axes.lines:
        points = {"x": [_rounded(x) for x in line.get_xdata()], "y": [_rounded(y) for y in line.get_ydata()]}
        _place(points[across], points[along], boxes, across, along)
    elements = [
        {
            "label": box["label"],
            "min": box["whiskers"][0],
            "first_quartile": box[along][0],
            "median": box["median"],
            "third_quartile": box[along][1],
            "max": box["whiskers"][1],
            "outliers": box["outliers"],
        }
        for box in boxes
    ]
    return {"elements": elements, **labels}


def _box(label: str, patch) -> dict:
    vertices = patch.get_path().vertices
    box = {"label": label, "median": None, "whiskers": [None, None], "outliers": []}
    for axis, values in (("x", vertices[:, 0]), ("y", vertices[:, 1])):
        box[axis] = (_rounded(min(values)), _rounded(max(values)))
    return box


def _place(across: list, along: list, boxes: list, across_axis: str, along_axis: str) -> None:
    """Finds out which part of which box a line is."""
    inside = [one for one in boxes if across and one[across_axis][0] <= across[0] <= across[-1] <= one[across_axis][1]]
    if not inside:
        return
    box = inside[0]
    low, high = box[along_axis]
    if len(along) == 1:
        box["outliers"].append(along[0])
    elif len(along) == 2 and across[0] != across[1]:
        # Of the lines across a box, the median is the last one.
        if low <= along[0] <= high:
            box["median"] = along[0]
    elif len(along) == 2 and max(along) == low:
        box["whiskers"][0] = min(along)
    elif len(along) == 2 and min(along) == high:
        box["whiskers"][1] = max(along)


def _rounded(value) -> float:
    """Rounds to 8 digits, as the lines of a box are not exactly at its edges."""
    return float(f"{float(value):.8g}")


_EXTRACTORS = {"line": _line, "scatter": _scatter, "bar": _bar, "pie": _pie, "box_and_whisker": _box_and_whisker}
