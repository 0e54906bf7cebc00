package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessSocketAddress;
import io.neurovisor.server.access.keys.Scope;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Authenticates and authorizes calls before their messages are read.
 *
 * <ul>
 *   <li>A health check needs no key and takes no token, because it must be answered even when the service is busiest.
 *   <li>Watching health, reflection and channelz need a key where calls need one, but no scope and no token.
 *   <li>Every other call needs its scope and takes a token. Unknown services are denied.
 * </ul>
 *
 * @param limited receives tenants that exceed their rate limit
 */
public record AccessInterceptor(Callers callers, OwnCalls.Owners owners, RateLimits limits, Consumer<Tenant> limited)
        implements ServerInterceptor {
    static final Context.Key<Tenant> TENANT = Context.key("tenant");

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** The delay after which a client repeats a call by itself (gRPC proposal A6). */
    private static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private static final String HEALTH_CHECK = "grpc.health.v1.Health/Check";

    private static final List<String> WITHOUT_SCOPE = List.of(
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "grpc.channelz.v1.Channelz");

    private static final Map<String, Scope> SCOPES = Map.of(
            "neurovisor.execution.ExecutionService", Scope.EXECUTE,
            "neurovisor.inference.InferenceService", Scope.INFER,
            "inference.InferenceService", Scope.INFER,
            "neurovisor.agent.AgentService", Scope.AGENT,
            "neurovisor.sandbox.v1.SandboxService", Scope.SANDBOX,
            "neurovisor.sandbox.v1.ProcessService", Scope.SANDBOX,
            "neurovisor.sandbox.v1.FileService", Scope.SANDBOX,
            "neurovisor.sandbox.v1.InterpreterService", Scope.SANDBOX);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String service = String.valueOf(call.getMethodDescriptor().getServiceName());
        boolean isPaid = headers.removeAll(OwnCalls.PAID) != null && isOwn(call);
        Tenant tenant;
        try {
            tenant = identify(call, headers);
            if (!WITHOUT_SCOPE.contains(service)) {
                requireScope(tenant, service);
                if (!isPaid) {
                    requireToken(tenant);
                }
            }
        } catch (StatusRuntimeException refusal) {
            if (call.getMethodDescriptor().getFullMethodName().equals(HEALTH_CHECK)) {
                return next.startCall(call, headers);
            }
            call.close(
                    refusal.getStatus(),
                    Optional.ofNullable(refusal.getTrailers()).orElseGet(Metadata::new));
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(Tenant.with(tenant), call, headers, next);
    }

    private static boolean isOwn(ServerCall<?, ?> call) {
        return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InProcessSocketAddress;
    }

    private Tenant identify(ServerCall<?, ?> call, Metadata headers) {
        Iterable<String> owned =
                Optional.ofNullable(headers.removeAll(OwnCalls.OWNER_OF)).orElse(List.of());
        if (isOwn(call) && owned.iterator().hasNext()) {
            return owners.find(owned.iterator().next())
                    .orElseThrow(() -> AccessDenial.KEY_INVALID.status("no sandbox has the given id"));
        }
        // Removed here, because nothing behind this interceptor needs the secret and it must not be logged.
        Iterable<String> authorization =
                Optional.ofNullable(headers.removeAll(AUTHORIZATION)).orElse(List.of());
        SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        return callers.identify(remote, call.getAttributes().get(PeerUsers.UID), authorization);
    }

    private static void requireScope(Tenant tenant, String service) {
        Scope scope = SCOPES.get(service);
        if (scope == null) {
            throw AccessDenial.SCOPE_MISSING.status("no key gives access to " + service);
        }
        requireScope(tenant, scope, service);
    }

    /**
     * Throws a status unless the tenant has a scope.
     *
     * @param work what requires it
     */
    public static void requireScope(Tenant tenant, Scope scope, String work) {
        if (!tenant.may(scope)) {
            throw AccessDenial.SCOPE_MISSING.status(
                    "%s lacks the scope %s, which %s requires; make a key that has it with ./neurovisor keys create --scopes"
                            .formatted(tenant.label(), scope.label(), work),
                    Map.of("scope", scope.label()),
                    Optional.empty());
        }
    }

    private void requireToken(Tenant tenant) {
        Optional<Duration> delay = limits.take(tenant);
        if (delay.isPresent()) {
            limited.accept(tenant);
            long millis = Math.ceilDiv(delay.get().toNanos(), 1_000_000L);
            StatusRuntimeException refusal = AccessDenial.RATE_LIMITED.status(
                    "%s exceeds its rate limit; try again in %d ms".formatted(tenant.label(), millis),
                    Map.of("tenant", tenant.label()),
                    delay);
            // Nothing of the call was done, so a client with a retry policy may repeat it.
            requireNonNull(refusal.getTrailers(), "a refusal has trailers").put(PUSHBACK, Long.toString(millis));
            throw refusal;
        }
    }
}
