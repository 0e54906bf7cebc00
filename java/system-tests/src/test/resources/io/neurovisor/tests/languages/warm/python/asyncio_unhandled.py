# The message of the event loop for exceptions that were never retrieved.
# @exit 1
import asyncio
import gc


async def fail(text):
    raise ArithmeticError(text)


async def main():
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: print(context["message"], repr(context["exception"])))
    task = asyncio.create_task(fail("lost"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    await fail("found")


asyncio.run(main())
