# The program runs in the process's first thread, which is the main one, and alone.
import _thread
import os
import threading

main = threading.main_thread()
print(main is threading.current_thread(), main.name, main.daemon, main.native_id == os.getpid())
print(main.ident == threading.get_ident(), threading.enumerate() == [main], os.listdir("/proc/self/task") == [
    str(os.getpid())])
print(threading.excepthook.__name__, threading.gettrace(), threading.stack_size(), _thread._count())
