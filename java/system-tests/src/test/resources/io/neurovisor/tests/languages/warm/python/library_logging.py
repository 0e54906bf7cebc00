# Logging has no handlers yet, and names the program's lines.
import logging

print(logging.root.handlers, logging.root.level, logging.lastResort.level, sorted(logging.root.manager.loggerDict))
logging.warning("the first message sets up a handler: %s", "ü")
print(logging.root.handlers[0].stream.name)
logging.basicConfig(force=True, level="DEBUG", format="%(levelname)s %(name)s %(module)s:%(lineno)d %(processName)s"
                    " %(threadName)s %(message)s")
logger = logging.getLogger(__name__)
logger.debug("details")
try:
    1 / 0
except ZeroDivisionError:
    logger.exception("failed")
