# What happens to objects at the end of a program.
import atexit
import weakref


class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name, __name__)


thing = Thing("global")
cycle = Thing("cycle")
cycle.itself = cycle
weakref.finalize(thing, print, "finalize", "thing")
atexit.register(print, "atexit", weakref.ref(thing)() is thing)
generator = (print("generator closed") if False else number for number in range(3))
print(next(generator), weakref.getweakrefcount(thing))
print("last line")
