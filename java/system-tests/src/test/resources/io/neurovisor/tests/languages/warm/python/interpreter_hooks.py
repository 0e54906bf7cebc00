# Audit hooks, tracing and profiling see the program's events only.
import sys

events = []
sys.addaudithook(lambda name, arguments: events.append(name) if name.startswith(("compile", "corpus")) else None)
sys.audit("corpus.own", 1)
compile("1", "x", "eval")
print(events)
calls = []


def traced(number):
    return number + 1


sys.settrace(lambda frame, event, argument: calls.append((event, frame.f_code.co_name, frame.f_lineno)))
traced(1)
sys.settrace(None)
print(calls)
