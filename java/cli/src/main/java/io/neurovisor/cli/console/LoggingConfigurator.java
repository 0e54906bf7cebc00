package io.neurovisor.cli.console;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Map;

/**
 * Configures logging until the settings are read. Logback finds this class by its service loader; an XML file would slow down
 * each start by an XML parser.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
public final class LoggingConfigurator extends ContextAwareBase implements Configurator {
    static final String STDERR = "stderr";

    private static final Map<String, Level> LIBRARIES = Map.of(
            // Netty warns that a Unix socket has no keep-alive and that a machine without a network has no address.
            "io.netty", Level.ERROR,
            // A client that disconnects while it receives data is not an event.
            "io.grpc.netty.NettyServerHandler", Level.ERROR,
            // NeuroVisor itself reports a failed export, once.
            "io.opentelemetry.exporter", Level.OFF,
            "io.opentelemetry.sdk", Level.OFF);

    @Override
    public ExecutionStatus configure(LoggerContext loggers) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(loggers);
        encoder.setPattern("neurovisor: %msg%replace( [trace %X{trace_id}]){' \\[trace \\]', ''}%n");
        encoder.start();
        ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
        stderr.setContext(loggers);
        stderr.setName(STDERR);
        stderr.setTarget("System.err");
        stderr.setEncoder(encoder);
        stderr.start();
        Logger root = loggers.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(stderr);
        LIBRARIES.forEach((name, level) -> loggers.getLogger(name).setLevel(level));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
