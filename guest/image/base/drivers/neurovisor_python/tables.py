"""The first rows of pandas' tables as data.

{"data": {column: [values]}, "types": {column: dtype}, "rows": all rows, "truncated": whether rows or columns are missing}. An index that
counts from 0 is left out; others are the first columns.
"""

from .values import Encoded, Plain, TooLarge, encoded, text_of

ROWS_MAX = 1000
COLUMNS_MAX = 500
CELLS_MAX = 100_000
BYTES_MAX = 1 << 20
NAME_CHARACTERS_MAX = 200
# Of lists and dicts in a cell.
CELL_NODES_MAX = 1000
CELL_CHARACTERS_MAX = 64 << 10


def series_data(series) -> Encoded:
    # to_frame() replaces a missing name by 0.
    return frame_data(series.to_frame())


def frame_data(frame) -> Encoded:
    """Returns the table within the limits, of which each further one costs rows."""
    head = Head(frame)
    types = {name: str(values.dtype) for name, values in head.columns.items()}

    def table(rows: int, truncated: bool) -> Encoded:
        data = {name: values[:rows] for name, values in head.cells.items()}
        return encoded({"data": data, "types": types, "rows": head.total, "truncated": truncated})

    return head.fitting(table)


class Head:
    """The first rows and columns of a table.

    `columns` are those of pandas, and may have more rows than `cells`, which are the plain values.
    """

    def __init__(self, frame):
        columns = [*_index(frame), *_columns(frame)]
        width = min(len(columns), COLUMNS_MAX)
        self.total = len(frame)
        rows = min(self.total, ROWS_MAX, CELLS_MAX // max(width, 1))
        names = _unique([name for name, _ in columns[:width]])
        self.columns = {name: values for name, (_, values) in zip(names, columns)}
        self.cells = {
            name: [_cell(value) for value in values.tolist()[:rows]] for name, values in self.columns.items()
        }
        self.rows = _fitting(self.cells, rows)
        self._is_narrower = width < len(columns)

    def fitting(self, table):
        """Returns the table of as many rows as have room, each made of a number of rows and of whether it is truncated."""
        rows = self.rows
        while True:
            body = table(rows, rows < self.total or self._is_narrower)
            if len(body) <= BYTES_MAX or rows == 0:
                return body
            # Characters may take several bytes.
            rows = rows * BYTES_MAX // (len(body) + 1)


def _index(frame) -> list:
    """Returns the levels of an index that says more than the position, with their names."""
    index = frame.index
    if type(index).__name__ == "RangeIndex" and (index.start, index.step, index.name) == (0, 1, None):
        return []
    names = [name if name is not None else "index" for name in index.names]
    # Without their names, which may be numbers of other levels.
    head = index[:ROWS_MAX].set_names([None] * len(names))
    return [(_name(name), head.get_level_values(level)) for level, name in enumerate(names)]


def _columns(frame) -> list:
    # By position, because names may repeat; one more than is kept, which shows that some are missing.
    head = frame.iloc[:ROWS_MAX, : COLUMNS_MAX + 1]
    return [(_name(name), head.iloc[:, position]) for position, name in enumerate(head.columns)]


def _name(name) -> str:
    """Returns the name of a column, whose levels are joined as in a path."""
    parts = name if isinstance(name, tuple) else (name,)
    return "/".join(map(text_of, parts))[:NAME_CHARACTERS_MAX]


def _unique(names: list) -> list:
    """Numbers repeated names, as read_csv does."""
    taken = set(names)
    seen = set()
    unique = []
    for name in names:
        candidate, number = name, 0
        while candidate in seen or (number and candidate in taken):
            number += 1
            candidate = f"{name}.{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique


def _cell(value):
    try:
        return Plain(CELL_NODES_MAX, CELL_CHARACTERS_MAX, text_of).copy(value)
    except TooLarge:
        # A long text costs rows.
        return str.__str__(value) if isinstance(value, str) else f"<{type(value).__name__}>"


def _fitting(cells: dict, rows: int) -> int:
    """Returns how many of the first rows have at most as many characters as the table may have bytes."""
    room = BYTES_MAX
    for row in range(rows):
        room -= sum(_characters(values[row]) for values in cells.values())
        if room < 0:
            return row
    return rows


def _characters(value) -> int:
    if isinstance(value, str):
        return len(value) + 3
    if isinstance(value, dict):
        return 2 + sum(_characters(key) + _characters(item) for key, item in value.items())
    if isinstance(value, list):
        return 2 + sum(map(_characters, value))
    return 2
