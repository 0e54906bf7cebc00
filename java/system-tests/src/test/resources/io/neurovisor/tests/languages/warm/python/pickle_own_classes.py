# Classes of the program are pickled under __main__, byte for byte alike.
import copy
import hashlib
import pickle
import shelve


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return vars(self) == vars(other)


def origin():
    return Point(0, 0)


for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    data = pickle.dumps([Point(1, 2), origin, Point], protocol)
    print(protocol, hashlib.sha256(data).hexdigest(), pickle.loads(data)[0] == Point(1, 2))
with shelve.open("store") as store:
    store["point"] = Point(3, 4)
with shelve.open("store") as store:
    print(store["point"] == Point(3, 4), list(store), copy.deepcopy(store["point"]).y)
try:
    pickle.dumps(lambda: 0)
except (pickle.PicklingError, AttributeError) as error:
    print(type(error).__name__)
