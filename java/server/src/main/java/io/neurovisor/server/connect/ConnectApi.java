package io.neurovisor.server.connect;

import static java.util.stream.Collectors.toUnmodifiableMap;

import com.google.protobuf.util.JsonFormat.TypeRegistry;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusException;
import io.neurovisor.server.http.api.HttpApi;
import io.neurovisor.server.http.api.HttpExchange;
import io.neurovisor.server.http.api.HttpRoute;
import io.neurovisor.server.http.api.RequestHead;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Serves generated services by the Connect protocol: {@code POST /SERVICE/METHOD}. Interceptors of a service are those of its
 * definition. Compression is not offered.
 */
public final class ConnectApi implements HttpApi {
    /** Ten digits, which the protocol allows. */
    private static final String TIMEOUT = "[0-9]{1,10}";

    private final Map<String, ServerMethodDefinition<?, ?>> methods;
    private final TypeRegistry types;
    private final int mostBytes;
    private final ScheduledExecutorService timer;

    /**
     * @param mostBytes the largest message of a client
     * @param timer ends calls whose deadline passes
     */
    public ConnectApi(List<ServerServiceDefinition> services, int mostBytes, ScheduledExecutorService timer) {
        this.methods = services.stream()
                .flatMap(service -> service.getMethods().stream())
                .collect(toUnmodifiableMap(
                        method -> "/" + method.getMethodDescriptor().getFullMethodName(), Function.identity()));
        this.types = Codec.types(methods.values());
        this.mostBytes = mostBytes;
        this.timer = timer;
    }

    @Override
    public Optional<HttpRoute> route(RequestHead head) {
        return Optional.ofNullable(methods.get(head.path())).map(this::route);
    }

    private HttpRoute route(ServerMethodDefinition<?, ?> method) {
        boolean isStream = isStream(method.getMethodDescriptor());
        return new HttpRoute(
                isStream ? Long.MAX_VALUE : mostBytes, isStream, exchange -> serve(method, exchange, isStream));
    }

    private static boolean isStream(MethodDescriptor<?, ?> method) {
        return method.getType() != MethodType.UNARY;
    }

    private <Q, A> void serve(ServerMethodDefinition<Q, A> method, HttpExchange exchange, boolean isStream)
            throws IOException {
        if (!exchange.method().equals("POST")) {
            exchange.addHeader("Allow", "POST");
            exchange.answer(405, "use POST");
            return;
        }
        Optional<Codec> codec = Codec.of(exchange.header("content-type").orElse(""), isStream);
        if (codec.isEmpty()) {
            exchange.addHeader("Accept-Post", Codec.PROTO.mediaType(isStream) + ", " + Codec.JSON.mediaType(isStream));
            exchange.answer(415, "use content-type " + Codec.JSON.mediaType(isStream));
            return;
        }
        ConnectResponse response = ConnectResponse.of(exchange, codec.get(), isStream);
        Context.CancellableContext context;
        try {
            check(exchange, isStream);
            context = context(exchange);
        } catch (StatusException refused) {
            response.end(refused.getStatus(), new Metadata());
            return;
        }
        ConnectCall<Q, A> call = new ConnectCall<>(
                method.getMethodDescriptor(), codec.get(), types, requests(exchange, isStream), response);
        exchange.onDisconnect(call::disconnected);
        exchange.setReader(call.reader());
        call.run(method.getServerCallHandler(), ConnectMetadata.of(exchange.headers()), context);
    }

    private ConnectCall.Requests requests(HttpExchange exchange, boolean isStream) {
        if (isStream) {
            return new Envelopes(exchange.input(), mostBytes)::next;
        }
        boolean[] isRead = {false};
        return () -> {
            if (isRead[0]) {
                return Optional.empty();
            }
            isRead[0] = true;
            return Optional.of(exchange.input().readAllBytes());
        };
    }

    private static void check(HttpExchange exchange, boolean isStream) throws StatusException {
        String version = exchange.header("connect-protocol-version").orElse("1");
        if (!version.equals("1")) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("connect-protocol-version is not 1")
                    .asException();
        }
        String compression = exchange.header(isStream ? "connect-content-encoding" : "content-encoding")
                .orElse("identity");
        if (!Stream.of("identity", "").toList().contains(compression)) {
            throw Status.UNIMPLEMENTED
                    .withDescription("compressed messages are not accepted; supported encodings: identity")
                    .asException();
        }
    }

    private Context.CancellableContext context(HttpExchange exchange) throws StatusException {
        Optional<String> timeout = exchange.header("connect-timeout-ms");
        if (timeout.isEmpty()) {
            return Context.current().withCancellation();
        }
        if (!timeout.get().matches(TIMEOUT)) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("connect-timeout-ms is not a number of at most 10 digits")
                    .asException();
        }
        return Context.current().withDeadlineAfter(Long.parseLong(timeout.get()), TimeUnit.MILLISECONDS, timer);
    }
}
