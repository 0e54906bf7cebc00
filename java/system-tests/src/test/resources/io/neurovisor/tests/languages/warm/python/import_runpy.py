# Other programs can be run within one, and leave the main module as it was.
# @file other.py
# | import sys
# | print(__name__, __file__, sys.argv[0], sys.modules["__main__"].__dict__ is globals())
# | result = 7
import runpy
import sys

print(runpy.run_path("other.py", run_name="__main__")["result"])
print(runpy.run_path("other.py")["result"])
print(runpy.run_module("other", {"extra": 1}, alter_sys=True)["extra"])
print(sys.argv[0], __name__, sys.modules["__main__"].__dict__ is globals())
