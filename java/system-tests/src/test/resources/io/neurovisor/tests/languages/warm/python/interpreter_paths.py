# Where the interpreter lives.
import sys
import sysconfig

print(sys.executable, sys._base_executable)
print(sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, sys.platlibdir)
print(sys.version_info[:2] >= (3, 11), sys.implementation.name, sys.platform, sys.byteorder)
print(sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_config_var("EXT_SUFFIX"))
