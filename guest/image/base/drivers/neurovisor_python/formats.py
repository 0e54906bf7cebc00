"""What values are shown as, in addition to the types of IPython."""

from IPython.core.formatters import BaseFormatter, DisplayFormatter, JSONFormatter
from IPython.utils.dir2 import get_real_method
from traitlets import Bool, ObjectName, Unicode

from . import arrow, charts, tables
from .values import Encoded, Oversized, Plain, TooLarge, Unsupported, encoded

DATA = "application/vnd.neurovisor.data+json"
ARROW = "application/vnd.apache.arrow.stream"
CHART = "application/vnd.neurovisor.chart+json"
TEXT = "text/plain"
# Types whose values have text alone, and the keys of printers that the user can register for them.
TEXT_TYPES = {
    kind: [key for one in kind.__mro__ for key in (one, (one.__module__, one.__name__))]
    for kind in (int, float, complex, bool, str, bytes)
}


class CellDisplayFormatter(DisplayFormatter):
    """Shows numbers and text without the formatters of other types, whose calls are half of the work of IPython for a short cell."""

    def watch(self) -> None:
        """Remembers where printers are registered."""
        others = [one for mime, one in self.formatters.items() if mime != TEXT]
        self._number = len(self.formatters)
        self._printers = [
            printers
            for one in (self.ipython_display_formatter, self.mimebundle_formatter, *others)
            for printers in (one.type_printers, one.deferred_printers, one.singleton_printers)
        ]

    def format(self, obj, include=None, exclude=None):
        keys = TEXT_TYPES.get(type(obj))
        if keys is None or include or exclude or self._is_registered(id(obj), keys):
            return super().format(obj, include, exclude)
        text = self.formatters[TEXT](obj)
        return ({} if text is None else {TEXT: text}), {}

    def _is_registered(self, identity: int, keys: list) -> bool:
        if len(self.formatters) != self._number:
            return True
        return any(
            printers and (identity in printers or any(key in printers for key in keys)) for printers in self._printers
        )


class ValueFormatter(JSONFormatter):
    """Shows dicts and lists of plain values as JSON, too."""

    def _check_return(self, result, value):
        return result if isinstance(result, (Encoded, Oversized)) else super()._check_return(result, value)


class DataFormatter(BaseFormatter):
    """Shows tables as data."""

    format_type = Unicode(DATA)
    print_method = ObjectName("_repr_neurovisor_data_")
    _return_type = Encoded


class ArrowFormatter(BaseFormatter):
    """Shows tables as Arrow, in cells whose client asks for it."""

    format_type = Unicode(ARROW)
    enabled = Bool(False)
    print_method = ObjectName("_repr_neurovisor_arrow_")
    _return_type = Encoded


class ChartFormatter(BaseFormatter):
    """Shows figures as data."""

    format_type = Unicode(CHART)
    print_method = ObjectName("_repr_neurovisor_chart_")
    _return_type = Encoded

    def lookup_by_type(self, kind):
        # Not registered: matplotlib's backend removes all printers of figures to register its own.
        if any((one.__module__, one.__name__) == ("matplotlib.figure", "Figure") for one in type.mro(kind)):
            return charts.figure_chart
        return super().lookup_by_type(kind)


def _container_json(value):
    method = get_real_method(value, "_repr_json_")
    if method is not None:
        return method()
    try:
        return encoded(Plain().copy(value))
    except Unsupported:
        return None
    except TooLarge:
        return Oversized()


def install(formatter) -> None:
    """Adds the formatters. Those of libraries find the classes by name: they import nothing."""
    values = ValueFormatter(parent=formatter)
    values.for_type(dict, _container_json)
    values.for_type(list, _container_json)
    data = DataFormatter(parent=formatter)
    streams = ArrowFormatter(parent=formatter)
    for tabular, source in ((data, tables), (streams, arrow)):
        tabular.for_type_by_name("pandas.core.frame", "DataFrame", source.frame_data)
        tabular.for_type_by_name("pandas.core.series", "Series", source.series_data)
    all_added = (values, data, streams, ChartFormatter(parent=formatter))
    formatter.formatters.update({one.format_type: one for one in all_added})
    formatter.watch()


def choose_tables(formatter, as_arrow: bool) -> None:
    """Chooses the data of tables in the next cell."""
    formatter.formatters[DATA].enabled = not as_arrow
    formatter.formatters[ARROW].enabled = as_arrow
