# Handlers run in the main thread; blocked signals wait; a wake-up descriptor receives them.
import os
import signal
import threading

reader, writer = os.pipe()
os.set_blocking(writer, False)
signal.set_wakeup_fd(writer)
signal.signal(signal.SIGUSR1, lambda number, frame: print("handler", number, frame.f_code.co_name,
                                                          threading.current_thread().name))
signal.raise_signal(signal.SIGUSR1)
print(os.read(reader, 10))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2])
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGUSR2)
print("waits", sorted(signal.sigpending()), signal.sigwait([signal.SIGUSR2]))
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1, signal.SIGUSR2])
print("done")
