# Regular expressions and texts: caches begin empty, Unicode is the same.
import re
import string
import textwrap
import unicodedata

print(len(re._cache), re.purge(), re.sub(r"(\w+) (\w+)", r"\2 \1", "hello wörld"))
print(unicodedata.name("€"), unicodedata.normalize("NFD", "ü").encode(), "ß".upper(), "İ".lower().encode())
print(textwrap.fill("several words that are wrapped into lines", 12), string.Template("$a").substitute(a=1))
print(sorted(["b", "A", "ä", "a"]), f"{'centre':^12}|{1234567.891:,.2f}|{255:#x}")
