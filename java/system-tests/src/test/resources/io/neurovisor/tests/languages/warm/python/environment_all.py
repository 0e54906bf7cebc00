# The whole environment, as Python and as C see it; only the trace id is another in each execution.
# @env ZERO=
# @env EQUALS=a=b=c
# @env UNICODE=ü 🦀
import ctypes
import os

for name in sorted(os.environ):
    print(name, "…" if name == "NEUROVISOR_TRACE_ID" else ascii(os.environ[name]))
    assert os.environb[os.fsencode(name)] == os.fsencode(os.environ[name])
getenv = ctypes.CDLL(None).getenv
getenv.restype = ctypes.c_char_p
print([getenv(name) for name in (b"ZERO", b"EQUALS", b"UNICODE", b"HOME", b"MISSING")])
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
names = []
while environ[len(names)]:
    names.append(environ[len(names)].split(b"=")[0])
print(len(names) == len(os.environ), len(set(names)) == len(names))
