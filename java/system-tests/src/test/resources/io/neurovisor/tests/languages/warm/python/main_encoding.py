# A coding line is obeyed: these bytes of UTF-8 are read as Latin-1.
# -*- coding: latin-1 -*-
print(ascii("ü"), len("ü"))
print(ascii(open(__file__, encoding="utf-8").read()[-5:]))
# üüü
