# Has a library of its own loaded into a program of the system's that it starts, and looks whose rights that has.
# @promise guest account
# @layer guest
# @held user 1000
# @held capabilities 0000000000000000
# @env LD_PRELOAD=/tmp/none.so
# @env LD_AUDIT=/tmp/none.so
import subprocess
from attempt import held

status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
held("user", values["Uid"].split() == ["1000"] * 4, values["Uid"].split()[0])
held("capabilities", int(values["CapPrm"], 16) == 0, values["CapPrm"])
