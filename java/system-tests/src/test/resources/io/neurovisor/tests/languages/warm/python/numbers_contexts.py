# Contexts of decimal numbers, floating point and long integers are fresh.
import decimal
import fractions
import math
import sys

print(decimal.getcontext())
with decimal.localcontext(prec=5):
    print(decimal.Decimal(2).sqrt())
print(decimal.Decimal(1) / 7, fractions.Fraction(0.1), math.fsum([0.1] * 10), repr(sum([0.1] * 9)))
print(float.__getformat__("double"), sys.float_repr_style, round(2.5), f"{1e300 * 10:.3g}")
try:
    print(len(str(10**5000)))
except ValueError as error:
    print(error)
