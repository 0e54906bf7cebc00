# Creates a setuid root program, and searches for an existing one.
# @promise guest account
# @layer guest
# @refused chown EPERM
# @refused setcap EPERM ENOENT unknown.*
# @held own_setuid 1000
# @held file_capabilities 0000000000000000
# shellcheck source=/dev/null
source ./attempt.sh
cp /usr/bin/id mine
attempt chown chown root mine
attempt setcap python3 -c 'import os; os.setxattr("mine", "security.capability", b"\1\0\0\2" + b"\xff" * 16)'
chmod 6755 mine
printf 'HELD own_setuid %s\n' "$(./mine -u)" | sed '/ 1000$/!s/HELD/ESCAPED/'
effective=$(python3 -c 'import subprocess; subprocess.run(["grep", "CapPrm", "/proc/self/status"])' | tr -dc '0-9a-f' | tail -c 16)
printf 'HELD file_capabilities %s\n' "$effective" | sed '/ 0*$/!s/HELD/ESCAPED/'
