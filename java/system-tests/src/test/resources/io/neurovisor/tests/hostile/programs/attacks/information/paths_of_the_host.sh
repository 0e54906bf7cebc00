# Looks for the host's paths and users in what its machine shows: mounts, command lines, devices.
# @promise virtual machine
# @layer 6
# @held mounts
# @held command_line
# @held devices
# @held accounts 1
# shellcheck source=/dev/null
source ./attempt.sh
no_host() { ! grep -Eq '/root/|/home/[^u]|/srv|/opt|\.local|neurovisor-' "$1"; }
held mounts no_host /proc/mounts
held command_line no_host /proc/cmdline
no_shares() { ! grep -Eq '9p|virtiofs|nfs|cifs|fuse\.' /proc/mounts; }
held devices no_shares
people=$(awk -F: '$3 >= 1000 && $3 < 60000' /etc/passwd | wc -l)
echo "HELD accounts $people" | sed '/ 1$/!s/HELD/ESCAPED/'
