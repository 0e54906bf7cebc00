package io.neurovisor.server.trace;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.trace.TraceId;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Sets the current trace id of log records and the parent of new spans for this thread while it is open. */
public final class TraceScope implements AutoCloseable {
    /** The key of the trace id in log records; its value has 32 hexadecimal digits. */
    public static final String KEY = "trace_id";

    private final @Nullable String before;
    private final Scope scope;

    private TraceScope(@Nullable String before, Scope scope) {
        this.before = before;
        this.scope = requireNonNull(scope, "scope is null");
    }

    /** Must be closed by the same thread. */
    @SuppressWarnings("MustBeClosedChecker") // close() does.
    public static TraceScope open(TraceId id, Context context) {
        @Nullable String before = MDC.get(KEY);
        Scope scope = context.makeCurrent();
        MDC.put(KEY, id.hex());
        return new TraceScope(before, scope);
    }

    @Override
    public void close() {
        if (before == null) {
            MDC.remove(KEY);
        } else {
            MDC.put(KEY, before);
        }
        scope.close();
    }
}
