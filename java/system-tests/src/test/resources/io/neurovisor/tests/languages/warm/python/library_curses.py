# Without a terminal there is none: curses, readline, termios and getpass say so.
# @stdin
# | secret
import curses
import getpass
import os
import shutil
import termios
import warnings

try:
    curses.setupterm()
except curses.error as error:
    print(error)
try:
    termios.tcgetattr(0)
except termios.error as error:
    print(error)
warnings.simplefilter("ignore", getpass.GetPassWarning)
try:
    os.get_terminal_size()
except OSError as error:
    print(error)
print(shutil.get_terminal_size(), os.ttyname in (1,), os.environ.get("TERM"))
