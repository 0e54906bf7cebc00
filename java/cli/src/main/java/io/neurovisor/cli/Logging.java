package io.neurovisor.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.neurovisor.server.config.LogLevel;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Sets what is logged. Only NeuroVisor's own events follow the user's level: below warnings, libraries would log what they
 * carry, which is code and output.
 */
final class Logging {
    private static final String OWN = "io.neurovisor";

    private Logging() {}

    static void start(LogLevel level) {
        logger(OWN).setLevel(Level.valueOf(level.name()));
        if (level == LogLevel.ERROR) {
            logger(Logger.ROOT_LOGGER_NAME).setLevel(Level.ERROR);
        }
    }

    /** Has the libraries of a server that log by {@code java.util.logging} log like everything else. */
    static void bridge() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }
}
