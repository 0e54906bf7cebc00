# Fills every file system that it may write to, and the root.
# @promise guest account
# @layer guest
# @refused root EACCES EROFS EPERM
# @refused run EACCES EROFS EPERM
# @refused dev EACCES EROFS EPERM
# @held lock (ENOSPC|unwritable|killed)
# shellcheck source=/dev/null
source ./attempt.sh
attempt root write /fill x
attempt run write /run/fill x
attempt dev write /dev/fill x
said=$(head -c 64M /dev/zero 2>&1 >/run/lock/fill) || true
case $said in
    *'No space'*) echo HELD lock ENOSPC ;;
    *'Permission denied'*) echo HELD lock unwritable ;;
    *) [[ -s /run/lock/fill ]] && echo "ESCAPED lock $(stat -c %s /run/lock/fill)" || echo HELD lock unwritable ;;
esac
