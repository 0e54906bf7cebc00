"""The first rows of pandas' tables as a stream of Arrow, for cells whose client asks for it.

The limits, the columns and their names are those of `tables`. The metadata of the schema has `neurovisor.rows`, the number of all
rows, and `neurovisor.truncated`. pyarrow is imported by the first such table.
"""

import importlib.util
import json

from . import tables
from .values import Encoded

# Of values that need no more than eight bytes each.
_SMALL = frozenset("biufmM")


def is_available() -> bool:
    return importlib.util.find_spec("pyarrow") is not None


def series_data(series) -> Encoded:
    return frame_data(series.to_frame())


def frame_data(frame) -> Encoded:
    import pyarrow

    head = tables.Head(frame)

    def table(rows: int, truncated: bool) -> Encoded:
        arrays = [_array(pyarrow, values[:rows], head.cells[name][:rows]) for name, values in head.columns.items()]
        metadata = {"neurovisor.rows": str(head.total), "neurovisor.truncated": json.dumps(truncated)}
        batch = pyarrow.RecordBatch.from_arrays(arrays, list(head.columns)).replace_schema_metadata(metadata)
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return Encoded(sink.getvalue().to_pybytes())

    return head.fitting(table)


def _array(pyarrow, values, cells: list):
    """Returns a column in its own type if its values are small, otherwise that of the plain values, whose size is known."""
    if getattr(values.dtype, "kind", "O") in _SMALL:
        try:
            array = pyarrow.array(values, from_pandas=True)
        except (pyarrow.ArrowException, ArithmeticError, TypeError, ValueError):
            pass
        else:
            # Clients know no types of pandas, and a dictionary has all categories.
            if isinstance(array, pyarrow.Array) and not isinstance(array, (pyarrow.ExtensionArray, pyarrow.DictionaryArray)):
                return array
    try:
        return pyarrow.array(cells)
    except (pyarrow.ArrowException, ArithmeticError, TypeError, ValueError):
        # Values of several types.
        return pyarrow.array([one if one is None or isinstance(one, str) else json.dumps(one) for one in cells])
