"""What values are shown as, in addition to the types of IPython."""

from IPython.core.formatters import BaseFormatter, JSONFormatter
from IPython.utils.dir2 import get_real_method
from traitlets import ObjectName, Unicode

from . import charts, tables
from .values import Encoded, Oversized, Plain, TooLarge, Unsupported, encoded

DATA = "application/vnd.neurovisor.data+json"
CHART = "application/vnd.neurovisor.chart+json"


class ValueFormatter(JSONFormatter):
    """Shows dicts and lists of plain values as JSON, too."""

    def _check_return(self, result, value):
        return result if isinstance(result, (Encoded, Oversized)) else super()._check_return(result, value)


class DataFormatter(BaseFormatter):
    """Shows tables as data."""

    format_type = Unicode(DATA)
    print_method = ObjectName("_repr_neurovisor_data_")
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
    data.for_type_by_name("pandas.core.frame", "DataFrame", tables.frame_data)
    data.for_type_by_name("pandas.core.series", "Series", tables.series_data)
    formatter.formatters.update({one.format_type: one for one in (values, data, ChartFormatter(parent=formatter))})
