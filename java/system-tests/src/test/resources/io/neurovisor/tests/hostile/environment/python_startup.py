# Has Python start with code, modules and paths of others, given in its environment.
# @promise virtual machine
# @layer 6
# @held startup unread
# @held path own
# @given startup.py print("ESCAPED startup")
# @env PYTHONSTARTUP=/home/user/startup.py
# @env PYTHONPATH=/proc/1/root/home:/root
# @env PYTHONINSPECT=
import sys
from attempt import held

held("startup", True, "unread")
held("path", not any(path.startswith("/root/") for path in sys.modules), "own")
