mkdir -p out/deep
text=$(<in/data.txt)
printf "%s\n" "${text^^}" >out/deep/result.txt
echo "['in', 'out']"
