# Reads what only root may read.
# @promise guest account
# @layer guest
# @refused shadow EACCES ENOENT
# @refused root_home EACCES ENOENT
# @refused gshadow EACCES ENOENT
# @refused disk EACCES ENOENT
# @refused changes EACCES ENOENT
# shellcheck source=/dev/null
source ./attempt.sh
attempt shadow cat /etc/shadow
attempt root_home ls /root
attempt gshadow cat /etc/gshadow
attempt disk head -c 1 /dev/vda
attempt changes ls /changes/upper
