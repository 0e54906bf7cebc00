# Workers that are spawned load the program anew, from its file.
import multiprocessing
import sys

print("loading", __name__, flush=True)


class Job:
    def __init__(self, number):
        self.number = number


def work(job, connection):
    connection.send((job.number * 2, type(job).__module__, sys.modules["__main__"].__name__, sys.argv))


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(Job(21), theirs))
    process.start()
    print(ours.recv())
    process.join()
    print(process.exitcode)
