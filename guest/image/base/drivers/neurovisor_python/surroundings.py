"""The environment variables and the directory of one cell."""

import contextlib
import os


@contextlib.contextmanager
def surroundings(variables: dict, directory: str):
    """Sets variables and a directory, and restores those that were there before."""
    before = {name: os.environ.get(name) for name in variables}
    with contextlib.ExitStack() as restores:
        if directory:
            restores.callback(_enter, _current_directory())
            os.chdir(directory)
        restores.callback(_restore, before)
        os.environ.update(variables)
        yield


def _current_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        # It has been removed.
        return os.path.expanduser("~")


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError:
        pass


def _restore(before: dict) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
