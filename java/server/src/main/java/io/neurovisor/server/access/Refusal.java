package io.neurovisor.server.access;

import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.neurovisor.server.status.RpcFailure;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Why somebody is not served: the code, and the reason in the details of {@code google/rpc/error_details.proto}. */
enum Refusal {
    KEY_MISSING(Code.UNAUTHENTICATED),
    KEY_INVALID(Code.UNAUTHENTICATED),
    KEY_EXPIRED(Code.UNAUTHENTICATED),
    KEYS_UNREADABLE(Code.UNAVAILABLE),
    SCOPE_MISSING(Code.PERMISSION_DENIED),
    RATE_LIMITED(Code.RESOURCE_EXHAUSTED),
    TOO_MANY_CALLS(Code.RESOURCE_EXHAUSTED);

    private final Code code;

    Refusal(Code code) {
        this.code = code;
    }

    StatusRuntimeException status(String message) {
        return status(message, Map.of(), Optional.empty());
    }

    /** @param metadata of ErrorInfo; nothing of a key's secret may be in it, or in the message */
    StatusRuntimeException status(String message, Map<String, String> metadata, Optional<Duration> retryAfter) {
        return new RpcFailure(code, name(), message)
                .withMetadata(metadata)
                .withRetryAfter(retryAfter)
                .exception();
    }
}
