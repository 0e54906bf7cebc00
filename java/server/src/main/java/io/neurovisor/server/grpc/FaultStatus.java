package io.neurovisor.server.grpc;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.Map;

/**
 * How faults look to clients: a canonical code with the details of {@code google/rpc/error_details.proto}, which are
 * ErrorInfo with the fault's name always, BadRequest where one field is wrong, RetryInfo where waiting may help.
 */
public final class FaultStatus {
    /** Of the reasons in ErrorInfo. */
    public static final String DOMAIN = "neurovisor";

    /** A machine is made, or given back, in about this time. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** The fields of requests that are not named as the values' components are. */
    private static final Map<String, String> FIELDS =
            Map.of("arguments", "args", "environment", "env", "timeout", "timeout_secs");

    private FaultStatus() {}

    public static StatusRuntimeException of(NeuroVisorException exception) {
        Fault fault = exception.fault();
        String message = String.valueOf(exception.getMessage());
        Status.Builder status = Status.newBuilder()
                .setCode(code(fault).getNumber())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(fault.name())
                        .setDomain(DOMAIN)
                        .build()));
        if (!exception.argument().isEmpty()) {
            status.addDetails(Any.pack(badRequest(exception.argument(), message)));
        }
        if (fault.kind() == FaultKind.CAPACITY || fault.kind() == FaultKind.SANDBOX) {
            status.addDetails(Any.pack(retry(RETRY)));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    /** In the form that every client's library understands. */
    public static RetryInfo retry(Duration delay) {
        return RetryInfo.newBuilder()
                .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                        .setSeconds(delay.toSeconds())
                        .setNanos(delay.toNanosPart()))
                .build();
    }

    static Code code(Fault fault) {
        return switch (fault) {
            case INVALID_ARGUMENT, UNKNOWN_LANGUAGE -> Code.INVALID_ARGUMENT;
            case IMAGE_UNKNOWN, SESSION_UNKNOWN -> Code.NOT_FOUND;
            case LANGUAGE_MISSING, IMAGE_NOT_BUILT, KERNEL_NOT_BUILT, IN_USE, PORT_UNUSABLE, VMM_MISSING ->
                Code.FAILED_PRECONDITION;
            case POOL_EXHAUSTED, JOURNAL_FULL -> Code.RESOURCE_EXHAUSTED;
            case INTERRUPTED -> Code.CANCELLED;
            case STOPPING,
                    EXECUTION_ELSEWHERE,
                    VMM_FAILED,
                    TEMPLATE_BUILD_FAILED,
                    GUEST_SILENT,
                    SANDBOX_LOST,
                    GUEST_EXCEEDED,
                    GUEST_REFUSED,
                    STORAGE_FAILED -> Code.UNAVAILABLE;
            case IMAGE_BROKEN,
                    IMAGE_BUILD_FAILED,
                    JAIL_FAILED,
                    SPAWNER_FAILED,
                    TOOL_FAILED,
                    LAB_FAILED,
                    HISTORY_UNUSABLE,
                    ACCESS_UNUSABLE,
                    JOURNAL_UNUSABLE,
                    INTERNAL -> Code.INTERNAL;
        };
    }

    private static BadRequest badRequest(String argument, String message) {
        return BadRequest.newBuilder()
                .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                        .setField(FIELDS.getOrDefault(argument, argument))
                        .setDescription(message))
                .build();
    }
}
