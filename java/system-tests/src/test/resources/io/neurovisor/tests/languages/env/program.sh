if [[ -v SECRET ]]; then secret=True; else secret=False; fi
echo "$GREETING $HOME $secret"
