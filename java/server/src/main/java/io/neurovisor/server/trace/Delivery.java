package io.neurovisor.server.trace;

import static java.util.Objects.requireNonNull;

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

/** Whether a receiver takes what it is sent: told when that changes, and not with each attempt. */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    /** Exporters give up after half of that by themselves. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String what;
    private final URI address;
    private final Duration patience;
    private final AtomicBoolean failing = new AtomicBoolean();

    /** @param what is sent, as in {@code traces} */
    Delivery(String what, URI address) {
        this(what, address, PATIENCE);
    }

    /** @param patience with one attempt, whose end may never be told */
    Delivery(String what, URI address, Duration patience) {
        this.what = requireNonNull(what, "what is null");
        this.address = requireNonNull(address, "address is null");
        this.patience = requireNonNull(patience, "patience is null");
    }

    CompletableResultCode watch(CompletableResultCode attempt) {
        CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() ->
                        attempt.failExceptionally(new IOException("no answer within " + patience.toSeconds() + " s")));
        return attempt.whenComplete(() -> {
            boolean fails = !attempt.isSuccess();
            if (failing.compareAndSet(!fails, fails)) {
                tell(fails, attempt.getFailureThrowable());
            }
        });
    }

    private void tell(boolean fails, @Nullable Throwable failure) {
        if (fails) {
            LOG.warn("{} does not take {}, which are dropped until it does: {}", address, what, reason(failure));
        } else {
            LOG.info("{} takes {} again", address, what);
        }
    }

    /** OpenTelemetry has no other way than these classes to tell what a receiver has answered. */
    private static String reason(@Nullable Throwable failure) {
        return switch (failure) {
            case null -> "no reason is known";
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

    /** Of the first cause, without which there were no others. */
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
