package io.neurovisor.e2b;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.FileServiceGrpc.FileServiceBlockingStub;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.GetResponse;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc.InterpreterServiceBlockingStub;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc.ProcessServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.server.access.OwnCalls;
import io.neurovisor.server.http.api.HttpExchange;
import io.neurovisor.server.status.RpcFailure;
import java.util.Optional;
import java.util.Set;

/**
 * Calls of the daemon's own services on behalf of a client, with all limits, checks and records of these.
 *
 * @param channel adds who the client is
 */
public record DaemonCalls(Channel channel) {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** Why calls fail whose sandbox has ended. */
    private static final Set<String> ENDS =
            Set.of(Fault.SANDBOX_MOVED.name(), Fault.SANDBOX_DIED.name(), Fault.SANDBOX_UNKNOWN.name());

    /** Calls as the holder of a key. */
    static DaemonCalls byKey(Channel daemon, String secret, HttpExchange exchange) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + secret);
        return with(daemon, headers, exchange);
    }

    /** Calls as the owner of a sandbox, for a client that has its token. */
    static DaemonCalls asOwner(Channel daemon, String sandboxId, HttpExchange exchange) {
        Metadata headers = new Metadata();
        headers.put(OwnCalls.OWNER_OF, sandboxId);
        return with(daemon, headers, exchange);
    }

    /** The same for the calls of a request after its first one, so that a request takes one token of the rate limit. */
    static DaemonCalls further(Channel daemon, String sandboxId, HttpExchange exchange) {
        Metadata headers = new Metadata();
        headers.put(OwnCalls.OWNER_OF, sandboxId);
        headers.put(OwnCalls.PAID, "true");
        return with(daemon, headers, exchange);
    }

    private static DaemonCalls with(Channel daemon, Metadata headers, HttpExchange exchange) {
        exchange.onward()
                .forEach((trace, text) -> headers.put(Metadata.Key.of(trace, Metadata.ASCII_STRING_MARSHALLER), text));
        return new DaemonCalls(
                ClientInterceptors.intercept(daemon, MetadataUtils.newAttachHeadersInterceptor(headers)));
    }

    public SandboxServiceBlockingStub sandboxes() {
        return SandboxServiceGrpc.newBlockingStub(channel);
    }

    public ProcessServiceBlockingStub processes() {
        return ProcessServiceGrpc.newBlockingStub(channel);
    }

    public FileServiceBlockingStub files() {
        return FileServiceGrpc.newBlockingStub(channel);
    }

    public InterpreterServiceBlockingStub interpreters() {
        return InterpreterServiceGrpc.newBlockingStub(channel);
    }

    /** Returns the name of the fault with which a call has failed; empty if it has none. */
    public static String reason(StatusRuntimeException failure) {
        return RpcFailure.reason(
                        failure.getStatus(),
                        Optional.ofNullable(failure.getTrailers()).orElseGet(Metadata::new))
                .orElse("");
    }

    /**
     * Returns whether a call has failed because its sandbox has ended, also if that was before the call. The owner of one that has ended
     * is unknown.
     */
    public boolean hasEnded(String sandboxId, StatusRuntimeException failure) {
        if (!ENDS.contains(reason(failure)) && failure.getStatus().getCode() != Status.Code.UNAUTHENTICATED) {
            return false;
        }
        try {
            GetResponse _ = sandboxes()
                    .get(GetRequest.newBuilder().setSandboxId(sandboxId).build());
            return false; // It was paused or copied.
        } catch (StatusRuntimeException unknown) {
            Status.Code code = unknown.getStatus().getCode();
            return code == Status.Code.NOT_FOUND || code == Status.Code.UNAUTHENTICATED;
        }
    }
}
