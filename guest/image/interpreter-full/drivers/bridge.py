"""The driver of contexts that are kernels of Jupyter. The argument is the directory of the kernel.

docs/design/interpreter.md describes the frames.
"""

if __name__ == "__main__":
    # The directory of this file, which Python has put first.
    from neurovisor_bridge.bridge import main

    main()
