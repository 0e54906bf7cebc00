# Marks under the part of a line that failed, over several lines and with wide characters.
# @exit 1


class Point:
    def __init__(self, x):
        self.x = x


def measure(points):
    return (points[0].x +
            points[1].x.y.z
            + 1)


try:
    measure([Point(1), Point(2)])
except AttributeError:
    import traceback

    traceback.print_exc()
日本 = {"ключ": None}
print(日本["ключ"]["ü"] + len("日本語") + 日本["нет"])
