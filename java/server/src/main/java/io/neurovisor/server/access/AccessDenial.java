package io.neurovisor.server.access;

import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.neurovisor.server.status.RpcFailure;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The reasons for which a call is denied access, with their status codes. */
enum AccessDenial {
    KEY_MISSING(Code.UNAUTHENTICATED),
    KEY_INVALID(Code.UNAUTHENTICATED),
    KEY_EXPIRED(Code.UNAUTHENTICATED),
    KEYS_UNREADABLE(Code.UNAVAILABLE),
    SCOPE_MISSING(Code.PERMISSION_DENIED),
    RATE_LIMITED(Code.RESOURCE_EXHAUSTED),
    TOO_MANY_CALLS(Code.RESOURCE_EXHAUSTED);

    private final Code code;

    AccessDenial(Code code) {
        this.code = code;
    }

    StatusRuntimeException status(String message) {
        return status(message, Map.of(), Optional.empty());
    }

    /** @param metadata of ErrorInfo; like the message, it must not contain a part of a key's secret */
    StatusRuntimeException status(String message, Map<String, String> metadata, Optional<Duration> retryAfter) {
        return new RpcFailure(code, name(), message)
                .withMetadata(metadata)
                .withRetryAfter(retryAfter)
                .exception();
    }
}
