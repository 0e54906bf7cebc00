# The module __main__ is the running program; importing its file by name runs it a second time.
# @stdout
# | first: __main__ True
# | second: main main.py
# | 42 41 False
import os
import sys

value = 41
if __name__ == "__main__":
    import __main__

    __main__.value += 1
    print("first:", __name__, vars(sys.modules["__main__"]) is globals())
    import main

    print(value, main.value, main is __main__)
else:
    print("second:", __name__, os.path.basename(__file__))
