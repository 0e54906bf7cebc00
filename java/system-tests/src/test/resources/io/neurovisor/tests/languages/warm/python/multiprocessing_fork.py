# Workers that are forked know the program's classes and values.
import multiprocessing


class Job:
    def __init__(self, number):
        self.number = number


OFFSET = 100


def work(queue, job):
    queue.put((job.number + OFFSET, multiprocessing.current_process().name, __name__, type(job).__module__))


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=work, args=(queue, Job(number))) for number in range(2)]
    for process in processes:
        process.start()
        print(queue.get())
        process.join()
    print([process.exitcode for process in processes], multiprocessing.get_start_method())
