# A daemon thread is left behind at the end, any other one is waited for.
import atexit
import threading

ended = threading.Event()
forever = threading.Event()


def wait_for_end():
    threading.main_thread().join()
    print("thread outlives main", threading.current_thread().name, threading.main_thread().is_alive())


threading.Thread(target=forever.wait, daemon=True, name="daemon").start()
threading.Thread(target=wait_for_end).start()
atexit.register(print, "atexit")
print(sorted(thread.name for thread in threading.enumerate()), threading.active_count())
print("main ends")
