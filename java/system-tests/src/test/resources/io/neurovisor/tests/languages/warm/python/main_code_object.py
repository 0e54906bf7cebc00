# The code that runs is a module's own, in the outermost frame.
import sys

frame = sys._getframe()
code = frame.f_code
print(code.co_name, code.co_qualname, code.co_filename, code.co_firstlineno, code.co_flags)
print(frame.f_back, frame.f_lineno, frame.f_globals is globals(), frame.f_builtins is vars(__builtins__))
print(len(sys._current_frames()), frame.f_trace, sys.gettrace(), sys.getprofile())
