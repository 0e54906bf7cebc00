"""Pictures of PIL that a cell saves are results, too, as in E2B's interpreter."""

import functools
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder

from IPython.core.display_functions import display

# A cell may save thousands.
SHOWN_MAX = 16


class SavedPictures(MetaPathFinder):
    """Shows the first pictures that a cell saves under a name. It waits for PIL, and does not import it."""

    def __init__(self):
        self._left = 0

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def reset(self) -> None:
        self._left = SHOWN_MAX

    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name == "PIL.Image" else None
        if spec is not None:
            spec.loader.exec_module = functools.partial(self._load, spec.loader.exec_module)
        return spec

    def _load(self, load, module) -> None:
        load(module)
        save = module.Image.save

        @functools.wraps(save)
        def save_and_show(picture, file, *arguments, **named):
            save(picture, file, *arguments, **named)
            # A figure that matplotlib saves is shown at the end of its cell.
            by_matplotlib = sys._getframe(1).f_globals.get("__name__", "").startswith("matplotlib.")
            if isinstance(file, str) and self._left > 0 and not by_matplotlib:
                self._left -= 1
                display(picture)

        module.Image.save = save_and_show
