# Touches what shell scripts usually need, so that a template's page cache holds it. Run as user code, once.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

seq 1 100 | sort -n | uniq | head -n 5 | tail -n 2 | tr '1' '2' | cut -c1 | tee numbers | wc -l
printf 'a b\nc d\n' | awk '{ print $2 }' | sed 's/b/c/' | grep -c c
printf '{"a":[1,2]}' | jq -c '.a | add'
echo '2^10' | bc
date -u; uname -a; id; env; ls -la; df -h . ; du -sh .; ps aux; nproc; hostname; which bash; expr 1 + 1
find . -type f -print0 | xargs -0 file
tar -czf numbers.tar.gz numbers; tar -xJf "$(tar -cJf numbers.tar.xz numbers; echo numbers.tar.xz)"
gzip -k numbers; gunzip -c numbers.gz; bzip2 -k numbers; zip -q numbers.zip numbers; unzip -qo numbers.zip
sha256sum numbers; md5sum numbers; base64 numbers; od -c numbers; diff numbers numbers; cmp numbers numbers
tree .; less --version; curl --version; git --version
git init -q . && git -c user.name=warm -c user.email=warm@localhost commit -q --allow-empty -m warm && git log --oneline
for i in 1 2 3; do sleep 0; done
[[ "$(cat numbers)" =~ [0-9] ]]
