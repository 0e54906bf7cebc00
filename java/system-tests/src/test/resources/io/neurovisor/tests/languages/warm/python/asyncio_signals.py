# Signals reach the event loop; SIGINT cancels what asyncio.run runs.
# @signal 2
import asyncio
import os
import signal


async def main():
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, heard.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await heard.wait()
    print("heard", loop.remove_signal_handler(signal.SIGUSR1))
    try:
        loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print("cancelled")
        raise


try:
    asyncio.run(main())
finally:
    print("finally")
