# A test module of 800 lines that comes with Python, as it is run by name.
import runpy
import sys
import unittest

names = unittest.defaultTestLoader.getTestCaseNames
# It removes what is not there from the system's directories, which where they are only read is another error.
unittest.defaultTestLoader.getTestCaseNames = lambda case: [name for name in names(case) if name != "test_forget"]
sys.argv = [sys.argv[0], "-v"]
runpy.run_module("test.test_support", run_name="__main__", alter_sys=True)
