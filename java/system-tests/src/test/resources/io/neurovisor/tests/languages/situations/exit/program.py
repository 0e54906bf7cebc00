import sys
sys.stdout.buffer.write(b"a\xff\xfeb\xc3")
sys.exit(42)
