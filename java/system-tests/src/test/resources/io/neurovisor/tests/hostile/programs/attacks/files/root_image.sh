# Changes the system: programs, accounts, libraries, what starts.
# @promise guest account
# @layer guest
# @refused passwd EACCES EROFS EPERM
# @refused shadow EACCES ENOENT
# @refused preload EACCES EROFS EPERM
# @refused program EACCES EROFS EPERM
# @refused library EACCES EROFS EPERM
# @refused neurovisor EACCES EROFS EPERM
# @refused root EACCES EROFS EPERM
# @refused remove EACCES EROFS EPERM
# shellcheck source=/dev/null
source ./attempt.sh
attempt passwd write /etc/passwd 'root::0:0::/:/bin/sh'
attempt shadow cat /etc/shadow
attempt preload write /etc/ld.so.preload /tmp/mine.so
attempt program write /usr/bin/python3 '#!/bin/sh'
attempt library write /usr/lib/mine.so x
attempt neurovisor write /usr/lib/neurovisor/mine x
attempt root write /mine x
attempt remove rm -f /usr/bin/bash
