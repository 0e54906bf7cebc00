# The default time zone, and changes of it by the program.
import datetime
import os
import time
import zoneinfo

print(time.tzname, time.timezone, time.altzone, datetime.datetime.fromtimestamp(86400 * 200).isoformat())
os.environ["TZ"] = "America/New_York"
time.tzset()
print(time.tzname, time.timezone, datetime.datetime.fromtimestamp(86400 * 200).isoformat())
print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset())
