# Has Python start with code, modules and paths of others, given in its environment.
# @promise virtual machine
# @layer 6
# @held startup unread
# @refused root EACCES
# @refused keeper EACCES EPERM ENOENT
# @given startup.py import builtins; builtins.began = True
# @env PYTHONSTARTUP=/home/user/startup.py
# @env PYTHONPATH=/proc/1/root/home:/root
# @env PYTHONINSPECT=
import builtins
import os
from attempt import attempt, held

held("startup", not hasattr(builtins, "began"), "unread")
attempt("root", os.listdir, "/root")
attempt("keeper", os.listdir, "/proc/1/root/home")
