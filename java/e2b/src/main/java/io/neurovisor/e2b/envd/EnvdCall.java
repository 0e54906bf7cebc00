package io.neurovisor.e2b.envd;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.proto.sandbox.FileServiceGrpc.FileServiceBlockingStub;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc.ProcessServiceBlockingStub;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call about a sandbox.
 *
 * @param sandboxId has been checked, as its token has
 * @param user the Basic credentials of the call, which name the user of the sandbox; may be empty
 */
public record EnvdCall(String sandboxId, DaemonCalls daemon, String user) {
    /** The call that is being served. */
    public static final Context.Key<EnvdCall> CURRENT = Context.key("envd call");

    private static final Logger LOG = LoggerFactory.getLogger(EnvdCall.class);
    private static final String BASIC = "Basic ";
    private static final String USER = "user";
    private static final String ROOT = "root";

    /** Serves a call; returns after the last message was sent. */
    @FunctionalInterface
    interface Work<A> {
        void serve(EnvdCall call, ServerCallStreamObserver<A> client);
    }

    FileServiceBlockingStub files() {
        return daemon.files();
    }

    ProcessServiceBlockingStub processes() {
        return daemon.processes();
    }

    /** Serves a call that has one response. */
    static <A> void answer(StreamObserver<A> observer, Function<EnvdCall, A> work) {
        begin(observer, (call, client) -> client.onNext(work.apply(call)));
    }

    /** Starts the thread of a call. A disconnect cancels the calls of the daemon that it makes. */
    static <A> void begin(StreamObserver<A> observer, Work<A> work) {
        ServerCallStreamObserver<A> client = (ServerCallStreamObserver<A>) observer;
        EnvdCall call = CURRENT.get();
        Context.CancellableContext context = Context.current().withCancellation();
        client.setOnCancelHandler(() -> {
            boolean _ = context.cancel(null);
        });
        Thread _ = Thread.ofVirtual().name("envd").start(context.wrap(() -> serve(call, client, work, context)));
    }

    private static <A> void serve(
            EnvdCall call, ServerCallStreamObserver<A> client, Work<A> work, Context.CancellableContext context) {
        try {
            call.checkUser();
            work.serve(call, client);
            if (!client.isCancelled()) {
                client.onCompleted();
            }
        } catch (StatusRuntimeException failure) {
            end(client, call.translated(failure));
        } catch (RuntimeException | Error defect) {
            LOG.error("a call of envd failed", defect);
            end(client, Status.INTERNAL.withDescription("internal error; the server's log has the reason"));
        } finally {
            boolean _ = context.cancel(null);
        }
    }

    /** Returns the status for E2B's clients: a path that is or is not a directory is a mistake of the client. */
    Status translated(StatusRuntimeException failure) {
        Status status = failure.getStatus();
        if (DaemonCalls.reason(failure).equals(Fault.NOT_A_DIRECTORY.name())) {
            return Status.INVALID_ARGUMENT.withDescription(status.getDescription());
        }
        return daemon.hasEnded(sandboxId, failure)
                ? Status.UNAVAILABLE.withDescription(
                        "the sandbox was killed or reached its end of life during the call: " + status.getDescription())
                : status;
    }

    private static void end(ServerCallStreamObserver<?> client, Status status) {
        if (!client.isCancelled()) {
            client.onError(status.withCause(null).asRuntimeException());
        }
    }

    /** Refuses a user that the sandbox does not have. */
    void checkUser() {
        String name = userName(user);
        if (name.equals(ROOT)) {
            throw Status.UNAUTHENTICATED
                    .withDescription("sandboxes have no root: programs run as " + USER)
                    .asRuntimeException();
        }
        if (!name.isEmpty() && !name.equals(USER)) {
            throw Status.UNAUTHENTICATED
                    .withDescription("invalid username: '" + name + "'; the user is " + USER)
                    .asRuntimeException();
        }
    }

    /** Returns the name in Basic credentials; empty for those of another kind or that are malformed. */
    static String userName(String credentials) {
        if (!credentials.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return "";
        }
        try {
            String pair = new String(
                    Base64.getDecoder()
                            .decode(credentials.substring(BASIC.length()).strip()),
                    StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0 ? pair : pair.substring(0, colon);
        } catch (IllegalArgumentException malformed) {
            return ""; // As without credentials.
        }
    }
}
