# Learns where the kernel lies: symbols, log, stacks, timers.
# @promise guest account
# @layer guest
# @held symbols
# @refused log EPERM EACCES unknown.*
# @refused kmsg EPERM EACCES
# @refused timers EPERM EACCES ENOENT
# @refused stack EPERM EACCES ENOENT
# shellcheck source=/dev/null
source ./attempt.sh
no_addresses() { ! grep -qv '^0000000000000000 ' /proc/kallsyms; }
held symbols no_addresses
attempt log dmesg
attempt kmsg head -c 1 /dev/kmsg
attempt timers cat /proc/timer_list
attempt stack cat /proc/self/stack
