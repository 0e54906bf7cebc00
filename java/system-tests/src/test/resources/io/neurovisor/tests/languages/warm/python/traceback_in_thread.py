# An exception in a thread is printed, and does not end the program.
# @exit 0
import threading


def work(number):
    raise ValueError(number)


thread = threading.Thread(target=work, args=(5,), name="worker")
thread.start()
thread.join()
print("main goes on")
