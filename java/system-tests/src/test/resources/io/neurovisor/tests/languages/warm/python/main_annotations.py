# Annotations at the top of a program are kept, and can be resolved there.
import sys
import typing

count: int = 3
label: "list[Label]"


class Label:
    text: "str"
    next: "Label | None" = None


print(__annotations__)
print(typing.get_type_hints(sys.modules["__main__"])["label"])
print(typing.get_type_hints(Label))
print("label" in globals())
