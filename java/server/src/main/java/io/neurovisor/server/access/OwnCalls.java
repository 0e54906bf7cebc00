package io.neurovisor.server.access;

import io.grpc.Metadata;
import java.util.Optional;

/** Calls that this process makes of its own services, for clients of other protocols. */
public final class OwnCalls {
    /** Names a sandbox, on behalf of whose owner a call is made. Ignored in calls of other processes. */
    public static final Metadata.Key<String> OWNER_OF =
            Metadata.Key.of("neurovisor-owner-of", Metadata.ASCII_STRING_MARSHALLER);

    /** Marks a call as part of a request whose token was taken by an earlier one. Ignored in calls of other processes. */
    public static final Metadata.Key<String> PAID =
            Metadata.Key.of("neurovisor-paid", Metadata.ASCII_STRING_MARSHALLER);

    /** Finds the owners of sandboxes. */
    @FunctionalInterface
    public interface Owners {
        /** Returns the owner of a sandbox that has not ended; empty if there is none, or if its key is not valid any more. */
        Optional<Tenant> find(String sandboxId);
    }

    private OwnCalls() {}
}
