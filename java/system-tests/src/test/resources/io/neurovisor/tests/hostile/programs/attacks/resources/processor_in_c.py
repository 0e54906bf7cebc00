# Hides a loop in one call of C that looks at no signal.
# @promise end of a VMM
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 6
print("begun", flush=True)
import re

re.match(r"(a+)+$", "a" * 60 + "b")
