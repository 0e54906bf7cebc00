# What each signal does before a program changes it, as Python and as the kernel see it.
import signal

for number in sorted(signal.valid_signals()):
    handler = signal.getsignal(number)
    print(int(number), getattr(handler, "name", None) or getattr(handler, "__name__", handler))
with open("/proc/self/status") as status:
    print([line.split() for line in status if line.startswith(("Sig", "Shd")) and not line.startswith("SigQ")])
print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.sigpending(), signal.set_wakeup_fd(-1))
