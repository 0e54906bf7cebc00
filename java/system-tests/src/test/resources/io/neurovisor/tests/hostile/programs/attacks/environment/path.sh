# Puts programs of its own before the system's, for who would start them with more rights.
# @promise guest account
# @layer guest
# @held mine 1000
# @refused system EACCES EROFS
# @env PATH=/tmp/bin:/usr/bin:/bin
# shellcheck source=/dev/null
source ./attempt.sh
mkdir -p /tmp/bin
printf '#!/bin/bash\necho "$UID"\n' >/tmp/bin/id
chmod +x /tmp/bin/id
echo "HELD mine $(id)" | sed '/ 1000$/!s/HELD/ESCAPED/'
attempt system cp /tmp/bin/id /usr/local/bin/id
