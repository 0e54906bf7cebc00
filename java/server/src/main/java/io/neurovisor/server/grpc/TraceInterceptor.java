package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.trace.RequestTrace;
import io.neurovisor.server.trace.TraceParents;
import io.neurovisor.server.trace.TraceScope;
import io.neurovisor.server.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import java.util.random.RandomGenerator;

/**
 * Assigns a trace and a span to every call and returns the trace id to the client, in the headers or, if none are sent,
 * in the trailers.
 *
 * @param random for the ids of spans that are not recorded
 */
public record TraceInterceptor(RandomGenerator random, Tracing tracing) implements ServerInterceptor {
    private static final Metadata.Key<String> TRACE_ID = key("x-trace-id");
    private static final Metadata.Key<String> TRACEPARENT = key("traceparent");
    private static final Metadata.Key<String> TRACERESPONSE = key("traceresponse");
    private static final Context.Key<Served> SERVED = Context.key("trace");

    /** Services that gRPC itself provides. They are polled by machines and get no spans. */
    private static final String GRPC_SERVICES = "grpc.";

    private record Served(RequestTrace trace, io.opentelemetry.context.Context context) {}

    public static RequestTrace current() {
        return served().trace();
    }

    public static TraceId currentId() {
        return current().id();
    }

    /** Opens the scope of the running call in a thread that works for it. */
    static TraceScope scope() {
        Served served = served();
        return TraceScope.open(served.trace().id(), served.context());
    }

    private static Served served() {
        return requireNonNull(SERVED.get(), "no call is running");
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        RequestTrace trace = RequestTrace.of(headers.get(TRACEPARENT), headers.get(TRACE_ID));
        Span span = begin(call.getMethodDescriptor(), trace);
        Served served =
                new Served(trace, io.opentelemetry.context.Context.root().with(span));
        Traced<Q, A> traced = new Traced<>(call, trace, span);
        Context context = Context.current().withValue(SERVED, served);
        try (TraceScope _ = TraceScope.open(trace.id(), served.context())) {
            return new SimpleForwardingServerCallListener<>(Contexts.interceptCall(context, traced, headers, next)) {
                @Override
                public void onCancel() {
                    traced.end(Status.CANCELLED);
                    super.onCancel();
                }
            };
        }
    }

    private Span begin(MethodDescriptor<?, ?> method, RequestTrace trace) {
        if (method.getFullMethodName().startsWith(GRPC_SERVICES)) {
            return Span.getInvalid();
        }
        SpanBuilder span = tracing.span(method.getFullMethodName())
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("rpc.system", "grpc")
                .setAttribute("rpc.service", String.valueOf(method.getServiceName()))
                .setAttribute("rpc.method", String.valueOf(method.getBareMethodName()));
        trace.clientId().ifPresent(name -> span.setAttribute("client_trace_id", name));
        return tracing.begin(span, trace);
    }

    private final class Traced<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final RequestTrace trace;
        private final Span span;
        private boolean sent;

        Traced(ServerCall<Q, A> call, RequestTrace trace, Span span) {
            super(call);
            this.trace = trace;
            this.span = span;
        }

        @Override
        public void sendHeaders(Metadata headers) {
            addIds(headers);
            super.sendHeaders(headers);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            addIds(trailers);
            end(status);
            super.close(status, trailers);
        }

        /** Has no effect on a span that has already ended. */
        void end(Status status) {
            span.setAttribute("rpc.grpc.status_code", status.getCode().value());
            if (!status.isOk()) {
                span.setStatus(StatusCode.ERROR, status.getCode().name());
            }
            span.end();
        }

        private void addIds(Metadata metadata) {
            if (!sent) {
                sent = true;
                metadata.put(TRACE_ID, trace.displayId());
                metadata.put(TRACERESPONSE, isOurs() ? TraceParents.of(span.getSpanContext()) : trace.response(random));
            }
        }

        /** Without tracing, the current span is invalid or the client's. */
        private boolean isOurs() {
            return span.getSpanContext().isValid() && !span.getSpanContext().isRemote();
        }
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
