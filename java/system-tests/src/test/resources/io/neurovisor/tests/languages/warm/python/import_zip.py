# Modules come out of archives.
import sys
import zipfile
import zipimport

with zipfile.ZipFile("library.zip", "w") as archive:
    archive.writestr("packed.py", "def where():\n    return __file__, __loader__.__class__.__name__\n")
    archive.writestr("broken.py", "def fail():\n    raise LookupError('from the archive')\n")
sys.path.insert(0, "library.zip")
import broken
import packed

print(packed.where(), zipimport.zipimporter("library.zip").is_package("packed"))
try:
    broken.fail()
except LookupError as error:
    print(error, error.__traceback__.tb_next.tb_frame.f_code.co_filename)
