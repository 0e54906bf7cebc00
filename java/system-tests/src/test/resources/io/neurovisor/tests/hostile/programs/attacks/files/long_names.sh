# Leaves the longest names and paths that its kernel allows.
# @promise output files
# @layer agent
# @line 255
# @refused longer ENAMETOOLONG
# @file xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
# shellcheck source=/dev/null
source ./attempt.sh
mkdir -p out
name=$(printf 'x%.0s' {1..255})
touch "out/$name"
echo "${#name}"
attempt longer touch "out/${name}x"
