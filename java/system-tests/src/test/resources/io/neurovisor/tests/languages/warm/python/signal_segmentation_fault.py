# A read from address zero is SIGSEGV, without a word from a fault handler.
# @signal 11
import ctypes
import faulthandler

print(faulthandler.is_enabled())
ctypes.string_at(0)
