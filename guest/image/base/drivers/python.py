"""The driver of Python contexts: runs cells that the guest agent sends over the socket at descriptor 0.

docs/design/interpreter.md describes the frames. The process also runs the code of users, so the agent trusts nothing it sends.
"""

import sys

if __name__ == "__main__":
    # The directory of this file, which Python has put first.
    from neurovisor_python.driver import main

    # As in an interactive interpreter: modules are found in the working directory.
    sys.path[0] = ""
    main()
