package io.neurovisor.cli.console;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import io.neurovisor.server.config.LogConfig;
import io.neurovisor.server.config.LogLevel;
import io.neurovisor.server.trace.Tracing;
import io.opentelemetry.instrumentation.logback.appender.v1_0.OpenTelemetryAppender;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Configures logging. The user's level applies only to events of NeuroVisor: below warnings, libraries would log the data that
 * they carry, which is code and output.
 */
public final class Logging {
    private static final String OWN = "io.neurovisor";

    private Logging() {}

    public static void start(LogConfig config) {
        level(config.level());
        if (config.format() == LogConfig.Format.JSON) {
            writeJson();
        }
    }

    public static void level(LogLevel level) {
        logger(OWN).setLevel(Level.valueOf(level.name()));
        logger(Logger.ROOT_LOGGER_NAME).setLevel(level == LogLevel.ERROR ? Level.ERROR : Level.WARN);
    }

    /**
     * Configures logging for a server. Unless stderr is a terminal, events are written as JSON; they are also exported with the
     * traces, and events of {@code java.util.logging} are included.
     */
    public static void serve(LogConfig config, Tracing tracing) {
        bridge();
        if (config.format() == LogConfig.Format.AUTO && !Terminal.isTerminal(Terminal.STDERR)) {
            writeJson();
        }
        send(tracing);
    }

    /** Exports log events to the collector that receives the traces. */
    public static void send(Tracing tracing) {
        if (!tracing.isOn()) {
            return;
        }
        bridge();
        OpenTelemetryAppender appender = new OpenTelemetryAppender();
        appender.setContext(logger(Logger.ROOT_LOGGER_NAME).getLoggerContext());
        appender.setCaptureKeyValuePairAttributes(true);
        appender.setOpenTelemetry(tracing.telemetry());
        appender.start();
        logger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }

    private static void bridge() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static void writeJson() {
        Logger root = logger(Logger.ROOT_LOGGER_NAME);
        if (root.getAppender(LoggingConfigurator.STDERR) instanceof OutputStreamAppender<ILoggingEvent> stderr) {
            LogstashEncoder encoder = new LogstashEncoder();
            encoder.setContext(root.getLoggerContext());
            encoder.start();
            stderr.setEncoder(encoder);
        }
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }
}
