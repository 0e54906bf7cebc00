# Where modules are looked for, and what the import system has at hand.
import sys

print(sys.path)
print([getattr(finder, "__name__", None) or type(finder).__name__ for finder in sys.meta_path])
print([getattr(hook, "__qualname__", None) or hook.__name__ for hook in sys.path_hooks])
print(sys.path_importer_cache.get(sys.path[0]) is not None)
