# Pools of processes, and memory that is shared with them.
import concurrent.futures
import mmap
import multiprocessing


def square(number):
    return number * number


def fill(text):
    shared[:3] = text
    return "filled"


if __name__ == "__main__":
    shared = mmap.mmap(-1, 4096)
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        print(pool.map(square, range(10)), pool.apply_async(square, (12,)).get(30))
        print(pool.apply(fill, (b"abc",)), shared[:3])
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        print(list(executor.map(square, [3, 4])))
    print(multiprocessing.active_children(), multiprocessing.parent_process())
