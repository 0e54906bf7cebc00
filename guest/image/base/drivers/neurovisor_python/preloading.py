"""Libraries that a template has imported for its clones, in images that ask for it.

The modules are not in `sys.modules` until a cell imports them. The record, made when the image was built (`record_modules.py`),
says what each import loads, so that a cell finds the same names as without a template.
"""

import contextlib
import importlib
import io
import json
import sys
import threading
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder

from .refresh import refresh


def preload(record: str) -> None:
    """Imports the libraries of a record. An image without one has none."""
    try:
        with open(record, encoding="utf-8") as file:
            store = ModuleStore(json.load(file))
    except FileNotFoundError:
        return
    # No cell has asked for what they write.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        store.fill()


class ModuleStore(MetaPathFinder, Loader):
    """Hands over the modules of a library when it is imported, unless a search would find other files."""

    def __init__(self, record: dict):
        self._libraries = record["libraries"]
        self._loaded_by = {name: {sys.intern(one) for one in names} for name, names in record["loaded"].items()}
        self._modules = {}
        self._attributes = {}
        self._lock = threading.Lock()

    def fill(self) -> None:
        recorded = set().union(*self._loaded_by.values())
        before = set(sys.modules)
        for library in self._libraries:
            known = set(sys.modules)
            importlib.import_module(library)
            # Loaded only because others are there.
            self._loaded_by[library] |= set(sys.modules) - known - recorded
        self._modules = {name: sys.modules.pop(name) for name in list(sys.modules) if name not in before}
        for name, module in self._modules.items():
            parent, _, child = name.rpartition(".")
            package = self._modules.get(parent, sys.modules.get(parent))
            if getattr(package, "__dict__", {}).get(child) is module:
                delattr(package, child)
                self._attributes[name] = package, child
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        module = self._modules.get(name)
        if module is None or not self._is_unchanged(self._available_with(name)):
            return None
        own = _spec_of(module)
        spec = ModuleSpec(name, self, origin=own.origin if own else None, loader_state=own)
        spec.submodule_search_locations = getattr(module, "__path__", None)
        return spec

    def create_module(self, spec):
        with self._lock:
            return self._modules[spec.name] if spec.name in self._modules else sys.modules[spec.name]

    def exec_module(self, module) -> None:
        """Makes available what the import of a module loads. It has been executed in the template."""
        name = module.__spec__.name
        module.__spec__ = module.__spec__.loader_state
        with self._lock:
            names = self._available_with(name)
            for one in names:
                sys.modules[one] = self._modules.pop(one)
                if one in self._attributes:
                    package, child = self._attributes.pop(one)
                    setattr(package, child, sys.modules[one])
            if not self._modules:
                sys.meta_path.remove(self)
        refresh(names)

    def _available_with(self, name: str) -> set:
        """Returns what the import of a module makes available, without what is available already."""
        names = self._loaded_by.get(name) or min((one for one in self._loaded_by.values() if name in one), key=len)
        return names & self._modules.keys()

    def _is_unchanged(self, names: set) -> bool:
        """Returns whether a search would find the same files, such as none of the user's own."""
        return not any(name in sys.modules or "." not in name and self._is_elsewhere(name) for name in names)

    def _is_elsewhere(self, name: str) -> bool:
        spec = _spec_of(self._modules[name])
        if spec is None or not spec.has_location:
            return False
        found = PathFinder.find_spec(name)
        return found is None or found.origin != spec.origin


def _spec_of(module):
    return getattr(module, "__spec__", None)
