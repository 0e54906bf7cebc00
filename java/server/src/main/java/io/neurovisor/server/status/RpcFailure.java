package io.neurovisor.server.status;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A call's failure with the details of {@code google/rpc/error_details.proto}.
 *
 * @param reason stable, in capitals; what programs look at
 * @param metadata beside the reason in ErrorInfo
 * @param retryAfter when the same call may succeed, as RetryInfo
 * @param field of the request that is wrong, as BadRequest
 */
public record RpcFailure(
        Code code,
        String reason,
        String message,
        Map<String, String> metadata,
        Optional<Duration> retryAfter,
        Optional<String> field) {
    /** Of all reasons. */
    public static final String DOMAIN = "neurovisor";

    public RpcFailure {
        requireNonNull(code, "code is null");
        requireNonNull(reason, "reason is null");
        requireNonNull(message, "message is null");
        metadata = Map.copyOf(metadata);
        requireNonNull(retryAfter, "retryAfter is null");
        requireNonNull(field, "field is null");
    }

    public RpcFailure(Code code, String reason, String message) {
        this(code, reason, message, Map.of(), Optional.empty(), Optional.empty());
    }

    public RpcFailure withMetadata(Map<String, String> values) {
        return new RpcFailure(code, reason, message, values, retryAfter, field);
    }

    public RpcFailure withRetryAfter(Optional<Duration> delay) {
        return new RpcFailure(code, reason, message, metadata, delay, field);
    }

    public RpcFailure withField(Optional<String> name) {
        return new RpcFailure(code, reason, message, metadata, retryAfter, name);
    }

    /** What a call was ended with by {@link #exception}; empty where its status is somebody else's. */
    public static Optional<String> reason(io.grpc.Status status, Metadata trailers) {
        return Optional.ofNullable(StatusProto.fromStatusAndTrailers(status, trailers)).stream()
                .flatMap(details -> details.getDetailsList().stream())
                .filter(detail -> detail.is(ErrorInfo.class))
                .map(RpcFailure::errorInfo)
                .filter(info -> info.getDomain().equals(DOMAIN))
                .map(ErrorInfo::getReason)
                .findFirst();
    }

    private static ErrorInfo errorInfo(Any detail) {
        try {
            return detail.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException exception) {
            throw new IllegalStateException("what this process has packed cannot be unpacked", exception);
        }
    }

    /** To be thrown where a call is served. */
    public StatusRuntimeException exception() {
        Status.Builder status = Status.newBuilder()
                .setCode(code.getNumber())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(reason)
                        .setDomain(DOMAIN)
                        .putAllMetadata(metadata)
                        .build()));
        field.ifPresent(name -> status.addDetails(Any.pack(BadRequest.newBuilder()
                .addFieldViolations(
                        BadRequest.FieldViolation.newBuilder().setField(name).setDescription(message))
                .build())));
        retryAfter.ifPresent(delay -> status.addDetails(Any.pack(RetryInfo.newBuilder()
                .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                        .setSeconds(delay.toSeconds())
                        .setNanos(delay.toNanosPart()))
                .build())));
        return StatusProto.toStatusRuntimeException(status.build());
    }
}
