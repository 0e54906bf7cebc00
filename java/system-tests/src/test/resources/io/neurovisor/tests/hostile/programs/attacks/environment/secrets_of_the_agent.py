# Looks for secrets that the host or the agent has left in the environment.
# @promise virtual machine
# @layer agent
# @held variables 8
# @held secrets none
import os
from attempt import held

own = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PYTHONUNBUFFERED", "NEUROVISOR_TRACE_ID", "LC_CTYPE"}
others = sorted(set(os.environ) - own)
held("variables", not others, 8 if not others else others)
secrets = [name for name in os.environ if any(word in name for word in ("KEY", "TOKEN", "SECRET", "PASS", "AWS"))]
held("secrets", not secrets, "none" if not secrets else secrets)
