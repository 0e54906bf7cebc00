# What a program finds under the names that every module has.
"""The program's own text about itself."""
before = sorted(globals())
print(before)
print(repr(__name__), repr(__file__), repr(__package__), repr(__spec__), repr(__doc__))
print(type(__loader__).__module__, type(__loader__).__qualname__)
print(__loader__.name, __loader__.path, __loader__.is_package("__main__"))
print(globals() is locals(), "__cached__" in globals(), globals().get("__cached__"))
