# Uses descriptors that its starter has forgotten to close.
# @promise guest account
# @layer guest
# @held descriptors pipe pipe pipe
import os
from attempt import held

kinds = []
for number in range(4096):
    try:
        kinds.append(os.readlink(f"/proc/self/fd/{number}").split(":")[0])
    except OSError:
        pass
kinds = [kind for kind in kinds if not kind.startswith("/proc/") and "main.py" not in kind]
held("descriptors", kinds == ["pipe"] * 3 or kinds == ["pipe"] * 3 + ["/dev/null"], *kinds)
