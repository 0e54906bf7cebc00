package io.neurovisor.e2b;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.FileServiceGrpc.FileServiceBlockingStub;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc.InterpreterServiceBlockingStub;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc.ProcessServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.server.access.OwnCalls;
import io.neurovisor.server.http.api.HttpExchange;
import java.util.function.Supplier;

/**
 * Calls of the daemon's own services on behalf of a client, with all limits, checks and records of these.
 *
 * @param channel adds who the client is
 */
public record DaemonCalls(Channel channel) {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

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

    /** Makes a call, whose failure becomes that of the request. */
    public static <A> A answer(Supplier<A> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException failure) {
            throw HttpFailure.of(failure);
        }
    }
}
