"""Gives every module under the given directories a .pyc that Python never checks against its source (PEP 552).

Packing the image clamps time stamps; a .pyc that is checked by time stamp would then be compiled again at every import,
on a read-only file system that cannot keep the result, and one that is checked by hash reads each source at every import.
"""

import importlib.util
import pathlib
import py_compile
import struct
import sys
from concurrent.futures import ProcessPoolExecutor

HEADER = struct.Struct("<4sI8s")
UNCHECKED_HASH = 0b01


def settle(source: pathlib.Path) -> bool:
    """Rewrites the header of an existing .pyc, or compiles; False when the source is not Python 3 (templates, lib2to3 data)."""
    cached = pathlib.Path(importlib.util.cache_from_source(str(source)))
    source_hash = importlib.util.source_hash(source.read_bytes())
    if cached.exists():
        compiled = bytearray(cached.read_bytes())
        if compiled[:4] == importlib.util.MAGIC_NUMBER:
            HEADER.pack_into(compiled, 0, importlib.util.MAGIC_NUMBER, UNCHECKED_HASH, source_hash)
            cached.write_bytes(compiled)
            return True
    try:
        py_compile.compile(
            str(source), doraise=True, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    except (py_compile.PyCompileError, ValueError):
        return False
    return True


def main() -> None:
    sources = [source for top in sys.argv[1:] for source in sorted(pathlib.Path(top).rglob("*.py")) if source.is_file()]
    with ProcessPoolExecutor() as pool:
        settled = sum(pool.map(settle, sources, chunksize=64))
    print(f"bytecode: {settled} of {len(sources)} modules", file=sys.stderr)
    if settled < len(sources) * 0.95:
        sys.exit("bytecode: too many modules do not compile")


if __name__ == "__main__":
    main()
