count=0
while IFS= read -r line; do
  count=$((count + 1))
  last=$line
done
echo "$count ${last^^}"
if [[ -v SECRET ]]; then secret=True; else secret=False; fi
echo "$GREETING $HOME $secret"
printf "<%s>\n" "$@"
mkdir -p out/deep
text=$(<in/data.txt)
printf "%s\n" "${text^^}" >out/deep/result.txt
