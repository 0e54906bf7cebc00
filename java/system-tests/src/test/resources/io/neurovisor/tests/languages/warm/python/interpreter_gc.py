# The garbage collector is on, with its defaults, and has nothing set aside.
import gc


class Node:
    def __init__(self):
        self.self = self


print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks, gc.garbage, gc.get_freeze_count())
gc.collect()
for _ in range(5):
    Node()
print(gc.collect() >= 5, sum(isinstance(thing, Node) for thing in gc.get_objects()))
