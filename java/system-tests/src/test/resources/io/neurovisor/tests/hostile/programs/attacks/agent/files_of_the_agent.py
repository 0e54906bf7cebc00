# Looks at the agent by what /proc shows of it.
# @promise guest account
# @layer guest
# @refused environ ENOENT EACCES EPERM
# @refused maps ENOENT EACCES EPERM
# @refused executable ENOENT EACCES EPERM
# @refused descriptors ENOENT EACCES EPERM
# @refused root ENOENT EACCES EPERM
# @refused limits ENOENT EACCES EPERM
# @refused oom ENOENT EACCES EPERM
# @held processes none
import os
from attempt import attempt, held, read, write

attempt("environ", read, "/proc/1/environ")
attempt("maps", read, "/proc/1/maps")
attempt("executable", os.readlink, "/proc/1/exe")
attempt("descriptors", os.listdir, "/proc/1/fd")
attempt("root", os.listdir, "/proc/1/root")
attempt("limits", read, "/proc/1/limits")
attempt("oom", write, "/proc/1/oom_score_adj", "1000")
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
held("processes", not others, "none" if not others else others)
