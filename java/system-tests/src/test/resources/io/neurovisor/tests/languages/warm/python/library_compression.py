# Archives and compressed files are the same bytes each time.
import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zlib

data = bytes(range(256)) * 40
for compress in (zlib.compress, bz2.compress, lzma.compress, lambda content: gzip.compress(content, mtime=0)):
    packed = compress(data)
    print(len(packed), hashlib.sha256(packed).hexdigest()[:16])
stream = io.BytesIO()
with tarfile.open(fileobj=stream, mode="w") as archive:
    archive.addfile(tarfile.TarInfo("empty"))
print(len(stream.getvalue()), zlib.crc32(data), zlib.decompress(zlib.compress(data)) == data)
