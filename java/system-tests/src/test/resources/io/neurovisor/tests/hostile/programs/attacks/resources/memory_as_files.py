# Takes all memory as files, in every place where it may write.
# @promise guest account
# @layer guest
# @line begun
# @outcome OUT_OF_MEMORY
# @killed python3.*
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
print("begun", flush=True)
for place in ("/tmp/fill", "/dev/shm/fill", "fill"):
    try:
        with open(place, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * (1 << 20))
    except OSError:
        pass
print("ESCAPED all three are full without an error")
