package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.trace.RequestTrace;
import java.util.random.RandomGenerator;

/** Gives every call its trace, and tells the client which: in the headers, or in the trailers of a call that has none. */
public final class TraceInterceptor implements ServerInterceptor {
    private static final Metadata.Key<String> TRACE_ID = key("x-trace-id");
    private static final Metadata.Key<String> TRACEPARENT = key("traceparent");
    private static final Metadata.Key<String> TRACERESPONSE = key("traceresponse");
    private static final Context.Key<RequestTrace> TRACE = Context.key("trace");

    private final RandomGenerator random;

    /** @param random of the ids of our own spans */
    public TraceInterceptor(RandomGenerator random) {
        this.random = requireNonNull(random, "random is null");
    }

    /** Of the call that is being served. */
    static RequestTrace current() {
        return requireNonNull(TRACE.get(), "no call is being served here");
    }

    /** The id of the call that is being served. */
    public static TraceId currentId() {
        return current().id();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        RequestTrace trace = RequestTrace.of(headers.get(TRACEPARENT), headers.get(TRACE_ID));
        return Contexts.interceptCall(
                Context.current().withValue(TRACE, trace), new Traced<>(call, trace), headers, next);
    }

    private final class Traced<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final RequestTrace trace;
        private boolean told;

        Traced(ServerCall<Q, A> call, RequestTrace trace) {
            super(call);
            this.trace = trace;
        }

        @Override
        public void sendHeaders(Metadata headers) {
            tell(headers);
            super.sendHeaders(headers);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            tell(trailers);
            super.close(status, trailers);
        }

        private void tell(Metadata metadata) {
            if (!told) {
                told = true;
                metadata.put(TRACE_ID, trace.shown());
                metadata.put(TRACERESPONSE, trace.response(random));
            }
        }
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
