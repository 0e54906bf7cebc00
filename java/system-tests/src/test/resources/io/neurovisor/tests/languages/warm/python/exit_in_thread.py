# SystemExit ends a thread only.
# @exit 0
import sys
import threading

thread = threading.Thread(target=sys.exit, args=(9,))
thread.start()
thread.join()
print("main goes on", thread.is_alive())
