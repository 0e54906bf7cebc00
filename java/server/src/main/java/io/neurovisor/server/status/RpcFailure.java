package io.neurovisor.server.status;

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
 * The failure of a call with the details of {@code google/rpc/error_details.proto}.
 *
 * @param reason a stable name in capitals, for programs
 * @param metadata further entries of ErrorInfo
 * @param retryAfter the delay after which the call may succeed, for RetryInfo
 * @param field the invalid field of the request, for BadRequest
 */
public record RpcFailure(
        Code code,
        String reason,
        String message,
        Map<String, String> metadata,
        Optional<Duration> retryAfter,
        Optional<String> field) {
    public static final String DOMAIN = "neurovisor";

    public RpcFailure {
        metadata = Map.copyOf(metadata);
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

    /** Returns the reason that {@link #exception} has put into a status; empty for any other status. */
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

    public StatusRuntimeException exception() {
        return StatusProto.toStatusRuntimeException(status());
    }

    /** Returns the status with its details, for a response that reports several outcomes. */
    public Status status() {
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
        return status.build();
    }
}
