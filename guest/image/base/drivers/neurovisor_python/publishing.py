"""What IPython calls to show something."""

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher

from .displays import Displays


class CellDisplayPublisher(DisplayPublisher):
    """What display() calls."""

    displays: Displays = None

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        if not isinstance(data, dict):
            raise TypeError("data must be a dict")
        self.displays.show(data, (transient or {}).get("display_id", ""), update)

    def clear_output(self, wait=False):
        """Has no effect: what has been sent stays."""


class CellDisplayHook(DisplayHook):
    """Sends the value of the last expression."""

    displays: Displays = None

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        # Unless each expression of a cell is shown, this is the last one, and the end of the cell follows.
        self.displays.show(format_dict, main=True, last=self.shell.ast_node_interactivity != "all")

    def log_output(self, format_dict):
        pass

    def finish_displayhook(self):
        pass
