# Pools of processes, and memory that is shared with them.
import concurrent.futures
import multiprocessing
from multiprocessing import shared_memory


def square(number):
    return number * number


def fill(name):
    memory = shared_memory.SharedMemory(name)
    memory.buf[:3] = b"abc"
    memory.close()
    return "filled"


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        print(pool.map(square, range(10)), pool.apply_async(square, (12,)).get(30))
        memory = shared_memory.SharedMemory(create=True, size=16)
        print(pool.apply(fill, (memory.name,)), bytes(memory.buf[:3]))
        memory.close()
        memory.unlink()
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        print(list(executor.map(square, [3, 4])))
