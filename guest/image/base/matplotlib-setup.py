"""Makes matplotlib draw without a display and find its fonts without searching, also in an empty home directory.

matplotlib looks for its font list in the user's cache only, and a directory given by MPLCONFIGDIR must be writable. So the
list is built here, and the loader is taught to read it when the user has none.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

FONT_LIST = pathlib.Path("/usr/lib/neurovisor/matplotlib-fonts.json")


def set_backend() -> None:
    settings = pathlib.Path("/etc/matplotlibrc")
    lines = settings.read_text() if settings.exists() else ""
    lines = re.sub(r"(?m)^#?\s*backend\s*:.*\n?", "", lines)
    settings.write_text("backend: Agg\n" + lines)


def build_font_list() -> None:
    from matplotlib import font_manager

    FONT_LIST.parent.mkdir(parents=True, exist_ok=True)
    fonts = font_manager.FontManager()
    # They come in the order of a directory search; equal images should be equal byte for byte.
    fonts.ttflist.sort(key=lambda font: font.fname)
    fonts.afmlist.sort(key=lambda font: font.fname)
    font_manager.json_dump(fonts, FONT_LIST)


def teach_loader() -> None:
    source = pathlib.Path(__import__("matplotlib.font_manager").font_manager.__file__)
    before = "        try:\n            fm = json_load(fm_path)\n"
    after = f"        try:\n            fm = json_load(fm_path if fm_path.exists() else {str(FONT_LIST)!r})\n"
    text = source.read_text()
    if text.count(before) != 1:
        sys.exit(f"{source}: the font list loader has changed; adapt guest/image/base/matplotlib-setup.py")
    source.write_text(text.replace(before, after))


def prove() -> None:
    """Fails the build when drawing in an empty home directory would search for fonts or ask for a display."""
    program = (
        "import matplotlib.pyplot as plt, matplotlib, io\n"
        "from matplotlib import font_manager\n"
        "assert matplotlib.get_backend().lower() == 'agg', matplotlib.get_backend()\n"
        "plt.plot([1, 2]); plt.savefig(io.BytesIO())\n")
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        found = list(pathlib.Path(home).rglob("fontlist*"))
        if found:
            sys.exit(f"matplotlib searched for fonts in spite of {FONT_LIST}: it wrote {found[0]}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MPLCONFIGDIR"] = scratch
        set_backend()
        build_font_list()
        teach_loader()
    prove()
