# The builtins are the untouched module, and nothing is added to it.
import builtins
import types

print(type(__builtins__) is types.ModuleType, __builtins__ is builtins)
print(sorted(vars(builtins)))
print([name for name, value in sorted(vars(builtins).items()) if getattr(value, "__module__", "") not in
       ("builtins", None)])
print(builtins.open.__module__, builtins.__import__.__name__, builtins.__build_class__.__name__)
