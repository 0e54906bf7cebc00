package io.neurovisor.host.nativecalls;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifies the service manager that started this service (systemd, {@code Type=notify}).
 *
 * <p>Without a manager nothing is sent. A failure to send is logged and otherwise ignored, since the manager reports
 * missing notifications itself. Methods do not block and may be called from any thread.
 */
public final class ServiceNotification {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceNotification.class);
    private static final String VARIABLE = "NOTIFY_SOCKET";

    private final @Nullable String socket;
    private final Optional<Duration> watchdogTimeout;

    private ServiceNotification(@Nullable String socket, Optional<Duration> watchdogTimeout) {
        this.socket = socket;
        this.watchdogTimeout = watchdogTimeout;
    }

    /** Returns the notification for the manager that the environment names. */
    public static ServiceNotification of(Map<String, String> environment) {
        String socket = environment.get(VARIABLE);
        boolean isWanted = socket != null && !socket.isEmpty();
        return new ServiceNotification(
                isWanted ? socket : null, isWanted ? watchdogTimeout(environment) : Optional.empty());
    }

    /**
     * Parses the variables as sd_watchdog_enabled(3) does: a time in microseconds, and the process to which it applies,
     * if any.
     */
    private static Optional<Duration> watchdogTimeout(Map<String, String> environment) {
        String pid = environment.getOrDefault("WATCHDOG_PID", "");
        if (!pid.isEmpty() && !pid.equals(Long.toString(ProcessHandle.current().pid()))) {
            return Optional.empty();
        }
        return Optional.ofNullable(environment.get("WATCHDOG_USEC"))
                .filter(micros -> micros.matches("[1-9][0-9]{0,17}"))
                .map(micros -> Duration.of(Long.parseLong(micros), ChronoUnit.MICROS));
    }

    /** Reports that the service is ready. */
    public void ready(String status) {
        send("READY=1\nSTATUS=" + line(status));
    }

    /** Reports that the service is shutting down. */
    public void stopping(String status) {
        send("STOPPING=1\nSTATUS=" + line(status));
    }

    /**
     * Returns how long the manager waits for the next {@link #alive} before it restarts the service; empty if it does
     * not.
     */
    public Optional<Duration> watchdogTimeout() {
        return watchdogTimeout;
    }

    /** Reports that the service is alive. */
    public void alive() {
        send("WATCHDOG=1");
    }

    /** A line break would begin another assignment. */
    private static String line(String text) {
        return requireNonNull(text, "status is null").replaceAll("\\R+", " ");
    }

    private void send(String message) {
        if (socket == null) {
            return;
        }
        try {
            UnixDatagram.send(socket, message.getBytes(StandardCharsets.UTF_8));
        } catch (NeuroVisorException exception) {
            LOG.warn(
                    "the service manager at {} ({}) did not receive {}: {}",
                    socket,
                    VARIABLE,
                    message.lines().findFirst().orElse(""),
                    exception.getMessage());
        }
    }
}
