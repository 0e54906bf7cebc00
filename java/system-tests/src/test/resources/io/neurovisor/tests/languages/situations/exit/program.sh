printf 'a\xff\xfeb\xc3'
exit 42
