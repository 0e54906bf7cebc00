# Locale and time zone come from the environment.
# @plain
# @env LC_ALL=C
# @env TZ=Asia/Kathmandu
import datetime
import locale
import sys
import time

print(locale.setlocale(locale.LC_ALL), locale.getlocale(), locale.getpreferredencoding(), sys.flags.utf8_mode)
print(locale.localeconv()["decimal_point"], sys.stdout.encoding, sys.stdout.errors, sys.getfilesystemencoding())
print(time.tzname, time.timezone, time.daylight, time.localtime(0).tm_hour)
print(datetime.datetime.fromtimestamp(0), datetime.datetime.fromtimestamp(0, datetime.UTC).astimezone())
