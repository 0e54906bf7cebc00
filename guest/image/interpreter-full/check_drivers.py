"""Runs cells with the drivers that this image adds."""

import os
import sys

from check_drivers import DRIVERS, Driver, Shell, error, result, types


def main() -> None:
    r = Driver("bash", os.path.join(DRIVERS, "r.sh"))
    result(r.run(1, "x <- 20; x + 1"), b"[1] 21")
    shown = r.run(2, "plot(1:3)")
    assert types(shown) == ["image/png"], shown
    shown = r.run(3, "data.frame(a = 1)")
    assert types(shown) == ["text/plain", "application/vnd.neurovisor.data+json"], shown
    error(r.run(4, "\nstop('bad')"), "Error", 2)
    r.end()

    java = Shell("sh", os.path.join(DRIVERS, "java.sh"))
    result(java.run(1, "int x = 20;\nx + 1"), b"21")
    result(java.run(2, "Stream.of(1, 2).map(i -> i * 2).toList()"), b"[2, 4]")
    error(java.run(3, "\nthrow new Exception();"), "java.lang.Exception", 2)
    error(java.run(4, "\nint y = true;"), "CompilationError", 2)
    java.end()

    kernel = Driver(sys.executable, os.path.join(DRIVERS, "bridge.py"), "/usr/share/jupyter/kernels/ir")
    shown = kernel.run(1, "1 + 1")
    assert "text/plain" in types(shown), shown
    kernel.end()

    python = Driver(sys.executable, os.path.join(DRIVERS, "python.py"))
    assert python.ready["arrow"], python.ready
    result(python.run(1, "import pyarrow, pandas\nlen(pyarrow.table(pandas.DataFrame({'a': [1, 2]})))"), b"2")
    python.end()


if __name__ == "__main__":
    main()
