# The flags that the interpreter reports.
import sys

print(sys.flags)
print(sys.warnoptions, sys._xoptions, sys.dont_write_bytecode, sys.pycache_prefix)
print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits(), sys.getdlopenflags())
print(hasattr(sys, "ps1"), hasattr(sys, "last_exc"), hasattr(sys, "tracebacklimit"), hasattr(sys, "last_traceback"))
