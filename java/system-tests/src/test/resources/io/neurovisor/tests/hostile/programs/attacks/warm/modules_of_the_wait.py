# Looks for the code that had it wait: its modules, its files, its functions in the hooks of the interpreter.
# @promise virtual machine
# @layer agent
# @held modules none
# @held hooks none
# @held audit none
# @held main __main__
import sys
from attempt import held

modules = [name for name in sys.modules if "neurovisor" in name or "usercustomize" in name]
held("modules", not modules, "none" if not modules else modules)
hooks = [sys.gettrace(), sys.getprofile(), sys.excepthook is not sys.__excepthook__ or None]
held("hooks", not any(hooks), "none" if not any(hooks) else hooks)
held("audit", not [f for f in sys.path_hooks if "neurovisor" in repr(f)], "none")
held("main", __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals(), __name__)
