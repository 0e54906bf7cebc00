# Poisons the modules of its interpreter for the next: the second machine must find them clean.
# @promise virtual machine
# @layer 6
# @held json clean
# @held builtins clean
# @line poisoned
# @twice
import builtins
import json
import sys
from attempt import held

held("json", json.dumps({}) == "{}" and not hasattr(json, "poison"), "clean")
held("builtins", not hasattr(builtins, "poison"), "clean")
json.dumps = lambda value: "ESCAPED"
json.poison = builtins.poison = True
sys.modules["os.path"] = None
print("poisoned")
