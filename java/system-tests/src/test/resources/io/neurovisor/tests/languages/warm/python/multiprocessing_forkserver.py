# Workers from a fork server load the program anew as well.
import multiprocessing


def work(value):
    if value == 3:
        raise ValueError("three is refused")
    return value * value, __name__


if __name__ == "__main__":
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        print(pool.map(work, [1, 2]))
        try:
            pool.apply(work, (3,))
        except ValueError as error:
            print(error, "in work" in str(error.__cause__))
