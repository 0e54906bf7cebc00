# Learns where the kernel lies: symbols, log, stacks, timers.
# @promise guest account
# @layer guest
# @held symbols
# @refused log EPERM EACCES unknown.*
# @refused kmsg EPERM EACCES ENOENT
# @held timers
# @refused stack EPERM EACCES ENOENT
# shellcheck source=/dev/null
source ./attempt.sh
# Those that are covered read as nothing; what is not there holds nothing either.
empty() { [[ $(head -c 1 "$1" | wc -c) == 0 ]]; }
no_addresses() { ! grep -qv '^0000000000000000 ' /proc/kallsyms; }
held symbols no_addresses
attempt log dmesg
attempt kmsg head -c 1 /dev/kmsg
held timers empty /proc/timer_list
attempt stack cat /proc/self/stack
