# Consoles within a program, and the names that they see.
import code
import codeop
import sys

console = code.InteractiveConsole({"seen": 1})
for line in ("seen + 1", "def f():", "    return seen", "", "f()", "1/0", "seen ="):
    print(console.push(line))
print(codeop.compile_command("if True:"), codeop.compile_command("x = 1").co_filename, hasattr(sys, "ps1"))
sys.displayhook("shown")
print(__builtins__._)
