# A second interpreter in the process is as fresh as the first one was.
import importlib
import sys

try:
    interpreters = importlib.import_module("_interpreters")
except ModuleNotFoundError:
    interpreters = importlib.import_module("_xxsubinterpreters")
identity = interpreters.create()
interpreters.run_string(identity, "import sys; print(__name__, sys.argv, len(sys.modules) < 60, flush=True)")
interpreters.destroy(identity)
print(int(interpreters.get_main() if not isinstance(interpreters.get_main(), tuple) else interpreters.get_main()[0]))
