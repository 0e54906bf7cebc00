# A program can read its own functions' source.
import inspect
import linecache


def twice(number):
    """Doubles."""
    return number * 2  # a comment


class Shape:
    sides = 4

    def grow(self):
        self.sides += 1


print(inspect.getsource(twice), inspect.getsource(Shape.grow), sep="--\n")
print(inspect.getsourcefile(Shape), inspect.getfile(twice), inspect.getsourcelines(Shape)[1])
print(inspect.getmodule(twice).__name__, inspect.getcomments(twice))
print(repr(linecache.getline("main.py", 1)), repr(linecache.getline("main.py", 7)), list(linecache.cache))
