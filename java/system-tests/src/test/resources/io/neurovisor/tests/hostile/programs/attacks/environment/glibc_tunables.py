# Attacks the loader by its tunables, as Looney Tunables did.
# @short
# @promise guest account
# @layer guest
# @held user 1000
# @env GLIBC_TUNABLES=glibc.malloc.mxfast=glibc.malloc.mxfast=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
import os
import subprocess
from attempt import held

uid = subprocess.run(["id", "-u"], capture_output=True, text=True).stdout.strip()
held("user", uid == "1000" and os.getresuid() == (1000,) * 3, uid)
