# The modules that are loaded before a program imports any.
import sys

print(len(sys.modules))
for name in sorted(sys.modules):
    module = sys.modules[name]
    print(name, module.__name__, getattr(module.__spec__, "origin", None))
