package io.neurovisor.server.trace;

import io.opentelemetry.exporter.internal.FailedExportException.GrpcExportException;
import io.opentelemetry.exporter.internal.FailedExportException.HttpExportException;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Monitors whether a receiver accepts exports, and logs changes instead of each attempt. */
final class DeliveryMonitor {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryMonitor.class);

    /** Twice the timeout of the exporters. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final String what;
    private final URI address;
    private final Duration timeout;
    private final AtomicBoolean failing = new AtomicBoolean();

    /** @param what is exported, such as {@code traces} */
    DeliveryMonitor(String what, URI address) {
        this(what, address, TIMEOUT);
    }

    /** @param timeout of an attempt, whose end may never be reported */
    DeliveryMonitor(String what, URI address, Duration timeout) {
        this.what = what;
        this.address = address;
        this.timeout = timeout;
    }

    CompletableResultCode watch(CompletableResultCode attempt) {
        CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() ->
                        attempt.failExceptionally(new IOException("no response within " + timeout.toSeconds() + " s")));
        return attempt.whenComplete(() -> {
            boolean fails = !attempt.isSuccess();
            if (failing.compareAndSet(!fails, fails)) {
                log(fails, attempt.getFailureThrowable());
            }
        });
    }

    private void log(boolean fails, @Nullable Throwable failure) {
        if (fails) {
            LOG.warn("{} does not accept {}, which are dropped until it does: {}", address, what, reason(failure));
        } else {
            LOG.info("{} accepts {} again", address, what);
        }
    }

    /** Only these classes of OpenTelemetry contain the receiver's response. */
    private static String reason(@Nullable Throwable failure) {
        return switch (failure) {
            case null -> "unknown reason";
            case GrpcExportException answered
            when answered.getResponse() != null ->
                (answered.getResponse().getStatusCode() + " "
                                + answered.getResponse().getStatusDescription())
                        .strip();
            case HttpExportException answered
            when answered.getResponse() != null ->
                "status " + answered.getResponse().getStatusCode();
            default -> message(failure);
        };
    }

    private static String message(Throwable failure) {
        Throwable first = failure;
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            first = cause;
            if (cause instanceof ConnectException) {
                return "no connection";
            }
        }
        @Nullable String message = first.getMessage();
        return message == null || message.isBlank() ? first.getClass().getSimpleName() : message;
    }
}
