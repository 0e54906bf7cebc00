# Settings for warnings in the environment are obeyed.
# @plain
# @env PYTHONWARNINGS=error::UserWarning,ignore::DeprecationWarning
# @exit 1
import sys
import warnings

print(sys.warnoptions, warnings.filters[:2])
warnings.warn("not shown", DeprecationWarning)
warnings.warn("an error now")
