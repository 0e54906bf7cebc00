# The directories that the import system has looked into before the program.
import sys

for path in sorted(sys.path_importer_cache):
    finder = sys.path_importer_cache[path]
    print(path, type(finder).__name__)
