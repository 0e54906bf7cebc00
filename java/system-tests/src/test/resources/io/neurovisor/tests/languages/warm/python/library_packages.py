# Which distributions are installed, and which resources they have.
import importlib.metadata
import importlib.resources
import importlib.util
import pkgutil

names = [distribution.metadata["Name"] for distribution in importlib.metadata.distributions()]
print(len(names), sorted(set(names)))
print(importlib.util.find_spec("json").origin, importlib.util.find_spec("no_such_module"))
print([module.name for module in pkgutil.iter_modules(["."])], importlib.resources.files("json").name)
