# A future import in a program holds for the program, not for what opts out of it.
from __future__ import annotations

import sys


def typed(argument: does_not_exist) -> neither_does_this:
    return argument


print(typed.__annotations__, typed("called"))
print(annotations.getOptionalRelease()[:2], annotations.getMandatoryRelease())
print(eval(compile("lambda: 0", "x", "eval", dont_inherit=True)).__code__.co_flags & annotations.compiler_flag)
print(sys._getframe().f_code.co_flags & annotations.compiler_flag == annotations.compiler_flag)
