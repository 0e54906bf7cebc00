# os._exit leaves out atexit, finally and threads.
# @exit 4
import atexit
import os
import threading

atexit.register(print, "never printed")
threading.Thread(target=threading.Event().wait, daemon=False).start()
try:
    print("leaving")
    os._exit(4)
finally:
    print("never printed either")
