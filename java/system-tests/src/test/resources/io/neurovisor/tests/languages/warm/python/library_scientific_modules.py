# Loading the large packages by name loads what a program asks for, not before.
import sys

large = ("numpy", "pandas", "matplotlib", "scipy", "sympy", "requests", "PIL")
print([name for name in sys.modules if name.partition(".")[0] in large])
import numpy

print([name for name in large if name in sys.modules], len(sys.modules) > 100, numpy.__file__)
import sympy

x = sympy.Symbol("x")
print(sympy.integrate(x**2, x), sympy.__file__, [name for name in large if name in sys.modules])
