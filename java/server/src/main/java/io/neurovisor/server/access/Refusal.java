package io.neurovisor.server.access;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Why somebody is not served: the code, and the reason in the details of {@code google/rpc/error_details.proto}. */
enum Refusal {
    KEY_MISSING(Code.UNAUTHENTICATED),
    KEY_INVALID(Code.UNAUTHENTICATED),
    KEYS_UNREADABLE(Code.UNAVAILABLE),
    SCOPE_MISSING(Code.PERMISSION_DENIED),
    RATE_LIMITED(Code.RESOURCE_EXHAUSTED),
    QUOTA_EXCEEDED(Code.RESOURCE_EXHAUSTED);

    private static final String DOMAIN = "neurovisor";

    private final Code code;

    Refusal(Code code) {
        this.code = code;
    }

    StatusRuntimeException status(String message) {
        return status(message, Map.of(), Optional.empty());
    }

    /** @param metadata of ErrorInfo; nothing of a key's secret may be in it, or in the message */
    StatusRuntimeException status(String message, Map<String, String> metadata, Optional<Duration> retryAfter) {
        Status.Builder status = Status.newBuilder()
                .setCode(code.getNumber())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(name())
                        .setDomain(DOMAIN)
                        .putAllMetadata(metadata)
                        .build()));
        retryAfter.ifPresent(delay -> status.addDetails(Any.pack(RetryInfo.newBuilder()
                .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                        .setSeconds(delay.toSeconds())
                        .setNanos(delay.toNanosPart()))
                .build())));
        return StatusProto.toStatusRuntimeException(status.build());
    }
}
