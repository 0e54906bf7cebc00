# A traceback through a second file shows both files' lines.
# @exit 1
# @file tools/__init__.py
# @file tools/shapes.py
# | def area(shape):
# |     # Comments count as lines.
# |     return shape["width"] * shape["height"]
from tools import shapes

print(shapes.area({"width": 2, "height": 3}))
print(shapes.area({"width": 2}))
