# Looks for what a clone kept of its template: a clock that stood still, a start long ago, an old environment.
# @promise virtual machine
# @layer agent
# @held year 20[2-9]\d
# @held trace own
# @held arguments main.py
# @held directory /home/user
import os
import sys
import time
from attempt import held

year = time.gmtime().tm_year
held("year", year >= 2025, year)
held("trace", len(os.environ["NEUROVISOR_TRACE_ID"]) >= 32, "own")
held("arguments", [os.path.basename(word) for word in sys.argv] == ["main.py"], *map(os.path.basename, sys.argv))
held("directory", os.getcwd() == "/home/user", os.getcwd())
