package io.neurovisor.e2b;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.e2b.control.ControlApi;
import io.neurovisor.e2b.control.SandboxJson;
import io.neurovisor.e2b.envd.EnvdCall;
import io.neurovisor.e2b.envd.EnvdFiles;
import io.neurovisor.e2b.envd.EnvdMetrics;
import io.neurovisor.e2b.envd.EnvdProcesses;
import io.neurovisor.e2b.envd.Watchers;
import io.neurovisor.e2b.files.FilesApi;
import io.neurovisor.e2b.interpreter.InterpreterApi;
import io.neurovisor.e2b.route.Destination;
import io.neurovisor.e2b.route.EnvdTokens;
import io.neurovisor.e2b.route.UrlSignature;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.server.access.keys.KeySpelling;
import io.neurovisor.server.connect.ConnectApi;
import io.neurovisor.server.http.api.BodyTooLarge;
import io.neurovisor.server.http.api.HttpApi;
import io.neurovisor.server.http.api.HttpExchange;
import io.neurovisor.server.http.api.HttpRoute;
import io.neurovisor.server.http.api.RequestHead;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/** E2B's API: finds out where a request goes and on whose behalf it is, and has it served. */
public final class E2bApi implements HttpApi {
    private static final int MOST_JSON_BYTES = 256 << 10;
    private static final int MOST_CODE_BYTES = 16 << 20;
    private static final int MOST_MESSAGE_BYTES = 16 << 20;

    /** What envd serves without the Connect protocol. */
    private static final Set<String> PLAIN = Set.of("/health", "/files", "/files/compose", "/metrics");

    /** What envd does for its host alone. */
    private static final Set<String> HOST_ROUTES =
            Set.of("/init", "/freeze", "/unfreeze", "/collapse", "/fsfreeze", "/fsthaw", "/upgrade");

    /** Clients look for these words. */
    private static final String NOT_FOUND = "The sandbox was not found";

    private static final String ENDED = ": the sandbox was killed while the request was in progress, or timed out: ";

    private final Channel daemon;
    private final Supplier<List<String>> sandboxIds;
    private final EnvdTokens tokens;
    private final Optional<String> domain;
    private final InstantSource clock;
    private final ControlApi control;
    private final ConnectApi envd;

    /**
     * @param daemon the daemon's own services
     * @param sandboxIds returns the sandboxes that have not ended
     * @param domain below which each port of a sandbox has a name; empty if there is none
     * @param timer ends calls whose deadline passes
     */
    public E2bApi(
            Channel daemon,
            Supplier<List<String>> sandboxIds,
            EnvdTokens tokens,
            Optional<String> domain,
            InstantSource clock,
            ScheduledExecutorService timer) {
        this.daemon = daemon;
        this.sandboxIds = sandboxIds;
        this.tokens = tokens;
        this.domain = domain;
        this.clock = clock;
        this.control = new ControlApi(new SandboxJson(tokens, domain));
        this.envd = new ConnectApi(
                List.of(new EnvdProcesses().bindService(), new EnvdFiles(new Watchers()).bindService()),
                MOST_MESSAGE_BYTES,
                timer);
    }

    @Override
    public String name() {
        return "e2b";
    }

    @Override
    public Optional<HttpRoute> route(RequestHead head) {
        return switch (Destination.of(head.path(), head::header, domain)) {
            case Destination.Control() ->
                Optional.of(answering(MOST_JSON_BYTES, exchange -> control.serve(exchange, byKey(exchange))));
            case Destination.Sandbox(String id, int port) when port == Destination.ENVD -> Optional.of(envd(head, id));
            case Destination.Sandbox(String id, int port)
            when port == Destination.INTERPRETER ->
                Optional.of(answering(MOST_CODE_BYTES, exchange -> interpreter(exchange, id)));
            case Destination.Sandbox(String id, int port) ->
                Optional.of(answering(0, exchange -> {
                    DaemonCalls _ = running(exchange, id);
                    throw HttpFailure.of(502, "The sandbox is running but port " + port + " is not open");
                }));
            case Destination.Nowhere() ->
                head.path().equals("/files")
                        ? Optional.of(answering(Long.MAX_VALUE, exchange -> plain(exchange, signer(exchange))))
                        : Optional.empty();
        };
    }

    private HttpRoute envd(RequestHead head, String id) {
        Optional<HttpRoute> call = envd.route(head);
        if (call.isPresent()) {
            HttpRoute route = call.get();
            return new HttpRoute(route.mostBytes(), true, exchange -> {
                EnvdCall current;
                try {
                    requireToken(exchange, id);
                    current = new EnvdCall(
                            id,
                            running(exchange, id),
                            exchange.header("authorization").orElse(""));
                } catch (HttpFailure failure) {
                    failure.answer(exchange);
                    return;
                }
                Context context = Context.current().withValue(EnvdCall.CURRENT, current);
                Context before = context.attach();
                try {
                    route.service().serve(exchange);
                } finally {
                    context.detach(before);
                }
            });
        }
        long mostBytes = head.path().equals("/files") ? Long.MAX_VALUE : MOST_JSON_BYTES;
        return answering(mostBytes, exchange -> plain(exchange, id));
    }

    /** Serves what envd answers without the Connect protocol. */
    private void plain(HttpExchange exchange, String id) throws IOException {
        switch (exchange.method() + " " + exchange.path()) {
            case "GET /health" -> {
                DaemonCalls _ = running(exchange, id);
                exchange.setStatus(204);
            }
            case "GET /files" -> {
                requireTokenOrSignature(exchange, id, "read");
                inSandbox(exchange, id, calls -> new FilesApi(calls, id).read(exchange));
            }
            case "POST /files" -> {
                requireTokenOrSignature(exchange, id, "write");
                inSandbox(exchange, id, calls -> new FilesApi(calls, id).write(exchange));
            }
            case "POST /files/compose" -> {
                requireToken(exchange, id);
                inSandbox(exchange, id, calls -> new FilesApi(calls, id).compose(exchange));
            }
            case "GET /metrics" -> {
                requireToken(exchange, id);
                inSandbox(exchange, id, calls -> EnvdMetrics.answer(exchange, calls, id));
            }
            default -> {
                if (HOST_ROUTES.contains(exchange.path())) {
                    throw HttpFailure.of(404, exchange.path() + " is reserved for the E2B control plane");
                }
                requireToken(exchange, id);
                throw HttpFailure.of(
                        PLAIN.contains(exchange.path()) ? 405 : 404,
                        "envd has no " + exchange.method() + " " + exchange.path());
            }
        }
    }

    private void interpreter(HttpExchange exchange, String id) throws IOException {
        // Clients send no other token with calls about contexts.
        String traffic = exchange.header("e2b-traffic-access-token").orElse("");
        if (!exchange.path().equals("/health") && !tokens.isValidForTraffic(id, traffic)) {
            requireToken(exchange, id);
        }
        inSandbox(exchange, id, calls -> new InterpreterApi(calls, id, clock).serve(exchange));
    }

    private static HttpRoute answering(long mostBytes, HttpRoute.Service service) {
        return new HttpRoute(mostBytes, true, exchange -> {
            try {
                service.serve(exchange);
            } catch (HttpFailure failure) {
                failure.answer(exchange);
            } catch (StatusRuntimeException failure) {
                HttpFailure.of(failure).answer(exchange);
            } catch (BodyTooLarge tooLarge) {
                HttpFailure.of(413, String.valueOf(tooLarge.getMessage())).answer(exchange);
            }
        });
    }

    private DaemonCalls byKey(HttpExchange exchange) {
        String key = exchange.header("x-api-key")
                .orElseThrow(() -> HttpFailure.of(401, "a key is needed: send the header X-API-KEY"));
        String secret = KeySpelling.ofE2b(key)
                .orElseThrow(() ->
                        HttpFailure.of(401, "the key is malformed; ./neurovisor keys create NAME --e2b makes one"));
        return DaemonCalls.byKey(daemon, secret, exchange);
    }

    private void requireToken(HttpExchange exchange, String id) {
        if (!tokens.isValid(id, exchange.header("x-access-token").orElse(""))) {
            throw HttpFailure.of(401, "the header X-Access-Token is missing or is not that of this sandbox");
        }
    }

    private void requireTokenOrSignature(HttpExchange exchange, String id, String operation) {
        first(exchange, "username").ifPresent(SandboxUser::check);
        Optional<UrlSignature> signature = signature(exchange, operation);
        boolean hasToken = exchange.header("x-access-token")
                .filter(token -> !token.isEmpty())
                .isPresent();
        if (hasToken || signature.isEmpty()) {
            requireToken(exchange, id);
        } else if (!tokens.isSigned(id, signature.get())) {
            throw HttpFailure.of(401, "invalid signature");
        } else if (tokens.hasExpired(signature.get())) {
            throw HttpFailure.of(401, "signature is already expired");
        }
    }

    /** Returns the sandbox whose token has signed a URL that names none, as those of {@code E2B_SANDBOX_URL} do. */
    private String signer(HttpExchange exchange) {
        UrlSignature signature = signature(exchange, exchange.method().equals("GET") ? "read" : "write")
                .orElseThrow(() -> HttpFailure.of(404, "the request names no sandbox, and its URL is not signed"));
        return sandboxIds.get().stream()
                .filter(id -> tokens.isSigned(id, signature))
                .findFirst()
                .orElseThrow(() -> HttpFailure.of(401, "the signature is that of no sandbox"));
    }

    private static Optional<UrlSignature> signature(HttpExchange exchange, String operation) {
        return first(exchange, "signature")
                .map(value -> new UrlSignature(
                        first(exchange, "path").orElse(""),
                        operation,
                        first(exchange, "username").orElse(""),
                        first(exchange, "signature_expiration").map(E2bApi::number),
                        value));
    }

    private static Long number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException noNumber) {
            throw HttpFailure.invalid("signature_expiration", "is not a Unix time");
        }
    }

    private static Optional<String> first(HttpExchange exchange, String name) {
        return exchange.parameters(name).stream().findFirst();
    }

    /** What serves a request with calls to a sandbox. */
    private interface SandboxService {
        void serve(DaemonCalls calls) throws IOException;
    }

    /** Serves a request to a sandbox that runs. One that ends meanwhile is answered like one that had ended before. */
    private void inSandbox(HttpExchange exchange, String id, SandboxService service) throws IOException {
        DaemonCalls calls = running(exchange, id);
        try {
            service.serve(calls);
        } catch (StatusRuntimeException failure) {
            throw calls.hasEnded(id, failure)
                    ? HttpFailure.of(
                            502, NOT_FOUND + ENDED + failure.getStatus().getDescription())
                    : failure;
        }
    }

    /** Checks that a sandbox runs, or is resumed by calls, and returns the further calls of the request. */
    private DaemonCalls running(HttpExchange exchange, String id) {
        try {
            Sandbox sandbox = DaemonCalls.asOwner(daemon, id, exchange)
                    .sandboxes()
                    .get(GetRequest.newBuilder().setSandboxId(id).build())
                    .getSandbox();
            if (sandbox.getState() != SandboxState.SANDBOX_STATE_PAUSED || sandbox.getAutoResume()) {
                return DaemonCalls.further(daemon, id, exchange);
            }
        } catch (StatusRuntimeException failure) {
            // The owner of a sandbox that has ended is unknown.
            Status.Code code = failure.getStatus().getCode();
            if (code != Status.Code.NOT_FOUND && code != Status.Code.UNAUTHENTICATED) {
                throw HttpFailure.of(failure);
            }
        }
        throw HttpFailure.of(502, NOT_FOUND);
    }
}
