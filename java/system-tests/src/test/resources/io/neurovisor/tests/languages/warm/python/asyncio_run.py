# An event loop with tasks, a child process and standard input.
# @stdin
# | to the loop
import asyncio
import contextvars
import sys

name = contextvars.ContextVar("name", default="nothing")


async def greet(who):
    name.set(who)
    await asyncio.sleep(0)
    return name.get()


async def main():
    print(await asyncio.gather(greet("a"), greet("b")), name.get())
    child = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=-1, stdout=-1)
    print(await child.communicate(b"shouted"), child.returncode)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(await reader.readline(), await reader.read())
    print(type(asyncio.get_running_loop()).__name__, asyncio.current_task().get_name(), len(asyncio.all_tasks()))
    try:
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()
    except TimeoutError as error:
        print(repr(error))


asyncio.run(main())
print(name.get(), asyncio._get_running_loop(), len(contextvars.copy_context()))
