# Has Bash read a file before the program, and functions from its environment, as Shellshock did.
# @promise guest account
# @layer guest
# @held user 1000
# @held functions none
# @env BASH_ENV=/etc/shadow
# @env ENV=/etc/shadow
# @env x=() { :;}; echo ESCAPED shellshock
[[ $UID == 1000 ]] && echo "HELD user $UID" || echo "ESCAPED $UID"
# shellcheck disable=SC2154
[[ $(declare -F) == '' ]] && echo 'HELD functions none' || echo "ESCAPED $(declare -F)"
