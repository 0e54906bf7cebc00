# A module whose file changes can be loaded again.
# @file settings.py
# | VALUE = 1
import importlib
import os
import sys

sys.dont_write_bytecode = True
import settings

first = settings
settings.EXTRA = "kept"
with open("settings.py", "w") as file:
    file.write("VALUE = 22\n")
os.utime("settings.py", (1, 1))
importlib.invalidate_caches()
importlib.reload(settings)
print(settings.VALUE, settings.EXTRA, settings is first)
