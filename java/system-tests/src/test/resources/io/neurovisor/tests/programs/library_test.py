# A test module of 800 lines that comes with Python, as it is run by name.
import runpy
import sys

sys.argv = [sys.argv[0], "-v"]
runpy.run_module("test.test_support", run_name="__main__", alter_sys=True)
