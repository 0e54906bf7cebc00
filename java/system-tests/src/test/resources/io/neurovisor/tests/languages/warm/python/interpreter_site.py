# What the module site has set up.
import site
import sys

print(site.ENABLE_USER_SITE, site.getsitepackages(), site.getusersitepackages())
print(repr(exit), repr(quit), type(help).__name__, type(copyright).__name__)
print("sitecustomize" in sys.modules, "usercustomize" in sys.modules)
print(hasattr(sys, "__interactivehook__"))
