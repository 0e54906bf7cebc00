# A missing module ends a program with the usual traceback.
# @exit 1
# @stdout
# | before
print("before")
try:
    import no_such_module
except ModuleNotFoundError as error:
    print(error.name, error.path, file=__import__("sys").stderr)
from os import no_such_name
