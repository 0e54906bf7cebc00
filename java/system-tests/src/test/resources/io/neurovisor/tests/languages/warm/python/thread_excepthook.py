# A hook of the program receives exceptions in threads.
import threading

threading.excepthook = lambda report: print(report.exc_type.__name__, report.exc_value, report.thread.name,
                                            report.exc_traceback.tb_lineno > 0)
for number in range(2):
    thread = threading.Thread(target=lambda: 1 // number, name=f"worker {number}")
    thread.start()
    thread.join()
