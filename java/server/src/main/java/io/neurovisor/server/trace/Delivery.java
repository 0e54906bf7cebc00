package io.neurovisor.server.trace;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.sdk.common.CompletableResultCode;
import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a receiver takes what it is sent: told when that changes, and not with each attempt. */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    private final String what;
    private final URI address;
    private final AtomicBoolean failing = new AtomicBoolean();

    /** @param what is sent, as in {@code traces} */
    Delivery(String what, URI address) {
        this.what = requireNonNull(what, "what is null");
        this.address = requireNonNull(address, "address is null");
    }

    CompletableResultCode watch(CompletableResultCode attempt) {
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

    private static String reason(@Nullable Throwable failure) {
        if (failure == null) {
            return "no reason is known";
        }
        @Nullable String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    }
}
