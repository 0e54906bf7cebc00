# Walks the frames and objects of its interpreter for what the one that waited has kept.
# @short
# @promise virtual machine
# @layer agent
# @held frames 1
# @held objects none
import gc
import sys
from attempt import held

frames, frame = 0, sys._getframe()
while frame:
    frames += 1
    frame = frame.f_back
held("frames", frames == 1, frames)
kept = [type(o).__name__ for o in gc.get_objects() if "neurovisor" in getattr(type(o), "__module__", "")]
held("objects", not kept, "none" if not kept else kept)
