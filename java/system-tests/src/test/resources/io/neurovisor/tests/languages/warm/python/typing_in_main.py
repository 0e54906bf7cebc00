# Data classes, enumerations and type hints resolve names in the program.
import dataclasses
import enum
import typing


class Colour(enum.Enum):
    RED = 1
    BLUE = enum.auto()


@dataclasses.dataclass(order=True, frozen=True)
class Shape:
    name: "str"
    colour: "Colour" = Colour.RED
    parts: "list[Shape]" = dataclasses.field(default_factory=list, compare=False)


class Pair(typing.NamedTuple):
    left: int
    right: "Shape"


print(typing.get_type_hints(Shape), typing.get_type_hints(Pair), sep="\n")
print(Shape("a", Colour.BLUE, [Shape("b")]), Colour["BLUE"], repr(Colour.RED), Colour.RED.__class__.__module__)
print(Shape, Pair(1, Shape("c")), dataclasses.replace(Shape("d"), name="e"), Shape.__module__)
