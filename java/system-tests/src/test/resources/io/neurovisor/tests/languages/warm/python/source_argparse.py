# A wrong argument is usage on stderr and exit code 2, with the program's name.
# @args "--size" "many"
# @exit 2
import argparse

parser = argparse.ArgumentParser(description="Draws shapes.", epilog="That is all.")
parser.add_argument("--size", type=int, default=3, help="how large")
parser.add_argument("shape", nargs="*", choices=["circle", "square"])
print(parser.prog)
parser.print_help()
parser.parse_args()
