# Temporary files, paths and the user's directory.
import getpass
import os
import pathlib
import pwd
import shutil
import tempfile

print(tempfile.gettempdir(), tempfile.tempdir, getpass.getuser(), pwd.getpwuid(os.getuid()).pw_uid == os.getuid())
with tempfile.TemporaryDirectory() as directory, tempfile.NamedTemporaryFile("w+", dir=directory) as file:
    file.write("text")
    file.flush()
    print(os.listdir(directory) == [os.path.basename(file.name)], os.path.getsize(file.name))
print(os.path.exists(directory), pathlib.Path.home() == pathlib.Path(os.environ["HOME"]), pathlib.Path("x/../y"))
pathlib.Path("a/b").mkdir(parents=True)
print(sorted(str(path) for path in pathlib.Path().rglob("*")), oct(os.stat("a").st_mode), shutil.which("sh") is not None)
