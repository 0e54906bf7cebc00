# Coverage by tracing, memory by tracemalloc, time by a profiler: all begin with nothing.
import cProfile
import pstats
import sys
import trace
import tracemalloc


def work(number):
    if number:
        return work(number - 1)
    return "done"


print(tracemalloc.is_tracing(), tracemalloc.get_traced_memory(), sys.getprofile())
profile = cProfile.Profile()
print(profile.runcall(work, 3), pstats.Stats(profile).total_calls)
tracer = trace.Trace(count=True, trace=False)
print(tracer.runfunc(work, 2))
print(sorted((line, hits) for (file, line), hits in tracer.results().counts.items() if file.endswith("main.py")))
