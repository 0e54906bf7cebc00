# Hides a loop in one call of C that looks at no signal.
# @promise end of a VMM
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 3
import re

print("begun", flush=True)
re.match(r"(a+)+$", "a" * 60 + "b")
