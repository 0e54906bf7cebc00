# How the three standard streams are set up.
import fcntl
import os
import stat
import sys

for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream.name, stream.mode, stream.encoding, stream.errors, stream.newlines, stream.fileno(), stream.isatty(),
          stream.line_buffering, stream.write_through, stream.closed, type(stream.buffer).__name__,
          type(getattr(stream.buffer, "raw", None)).__name__)
    kind = stat.S_IFMT(os.fstat(stream.fileno()).st_mode)
    print(oct(kind), fcntl.fcntl(stream.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK, os.get_inheritable(stream.fileno()))
