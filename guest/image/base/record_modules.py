"""Prints which modules a cell loads by an import, for each library and all that it needs, as JSON.

A template of the image imports these libraries, and hands the modules over when a cell imports them.
"""

import os
import sys

from check_drivers import DRIVERS, Driver

CODE = """\
import importlib, json, os, sys
before = set(sys.modules)

def loaded_by(name):
    reader, writer = os.pipe()
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        try:
            importlib.import_module(name)
            found = sorted(set(sys.modules) - before)
        except BaseException as failure:
            found = f"{type(failure).__name__}: {failure}"
        with os.fdopen(writer, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        found = json.load(file)
    os.wait()
    return found

def ancestors(name):
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]

def record_of(libraries):
    record = {}
    # Their packages, which are imported first, may fail alone.
    for name in libraries:
        record[name] = loaded_by(name)
        if isinstance(record[name], str):
            raise ImportError(f"{name}: {record[name]}")
    # What a cell may import without them.
    needed = {name for names in record.values() for name in names if not any(part.startswith("_") for part in name.split("."))}
    for name in sorted(needed - record.keys(), key=lambda one: (one.count("."), one)):
        if not any(name in record.get(ancestor, ()) for ancestor in ancestors(name)):
            found = loaded_by(name)
            if name in found and isinstance(found, list):
                record[name] = found
    return record

libraries = LIBRARIES
print(json.dumps({"libraries": libraries, "loaded": record_of(libraries)}))
"""


def main() -> None:
    driver = Driver(sys.executable, os.path.join(DRIVERS, "python.py"))
    frames = driver.run(1, CODE.replace("LIBRARIES", repr(sys.argv[1:])))
    driver.end()
    for header, _ in frames:
        if header["type"] == "error":
            sys.exit(f"E: a template cannot import {header['value']}")
    print(b"".join(body for header, body in frames if header["type"] == "text").decode(), end="")


if __name__ == "__main__":
    main()
