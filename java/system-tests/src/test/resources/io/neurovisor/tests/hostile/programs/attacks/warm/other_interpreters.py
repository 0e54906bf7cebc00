# Looks for the other interpreters that waited beside its own.
# @promise guest account
# @layer agent
# @held processes none
# @held groups 1
import os
from attempt import held

others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
held("processes", not others, "none" if not others else others)
groups = [entry.name for entry in os.scandir("/sys/fs/cgroup") if entry.is_dir()]
held("groups", len(groups) == 1, len(groups))
