# Burns the processor until its time is over.
# @promise end of a VMM
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 5
print("begun", flush=True)
while True:
    pass
