# Has the C library read files of its own as locales, time zones and character sets, where it would be root's.
# @promise guest account
# @layer guest
# @held user 1000
# @held zone unread
# @env TZ=:/etc/shadow
# @env LOCPATH=/proc/1/root
# @env GCONV_PATH=/tmp
# @env NLSPATH=/etc/shadow
import os
import time
from attempt import held

held("user", os.geteuid() == 1000, os.geteuid())
time.tzset()
held("zone", time.timezone == 0, "unread")
