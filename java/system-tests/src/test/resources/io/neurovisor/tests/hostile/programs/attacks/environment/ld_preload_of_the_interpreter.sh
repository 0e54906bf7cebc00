# Starts with a library that does not exist and one that is no library.
# @promise guest account
# @layer guest
# @held alive 1000
# @env LD_PRELOAD=/etc/passwd
# @env LD_LIBRARY_PATH=/tmp:/proc/1/root
[[ $UID == 1000 ]] && echo "HELD alive $UID" || echo "ESCAPED $UID"
