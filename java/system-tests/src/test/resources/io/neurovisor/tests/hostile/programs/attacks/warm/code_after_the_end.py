# Leaves code in its interpreter that would run when the next program does.
# @promise virtual machine
# @layer agent
# @line begun
# @line end
import atexit
import os
import sys
import threading
from attempt import held

atexit.register(lambda: os.write(1, b"end\n"))
threading.Thread(target=threading.Event().wait, daemon=True).start()
sys.settrace(lambda *_: None)
print("begun", flush=True)
