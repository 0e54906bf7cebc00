package io.neurovisor.server.status;

import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Maps faults to gRPC statuses: the canonical code, the fault's name as the reason, the invalid field and the retry
 * delay.
 */
public final class FaultStatus {
    /** About the time in which a machine starts or is released. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** Request fields whose names differ from the components of the engine's values. */
    private static final Map<String, String> FIELDS = Map.of(
            "arguments",
            "args",
            "environment",
            "env",
            "timeout",
            "timeout_secs",
            "directory",
            "cwd",
            "idle_pause",
            "idle_pause_secs");

    private FaultStatus() {}

    public static StatusRuntimeException of(NeuroVisorException exception) {
        return failure(exception).exception();
    }

    /** Returns the status for a response that reports several outcomes. */
    public static Status status(NeuroVisorException exception) {
        return failure(exception).status();
    }

    private static RpcFailure failure(NeuroVisorException exception) {
        Fault fault = exception.fault();
        boolean mayPass = fault.kind() == FaultKind.CAPACITY || fault.kind() == FaultKind.SANDBOX;
        return new RpcFailure(code(fault), fault.name(), String.valueOf(exception.getMessage()))
                .withField(Optional.of(exception.argument())
                        .filter(argument -> !argument.isEmpty())
                        .map(argument -> FIELDS.getOrDefault(argument, argument)))
                .withRetryAfter(exception.retryAfter().or(() -> mayPass ? Optional.of(RETRY) : Optional.empty()));
    }

    static Code code(Fault fault) {
        return switch (fault) {
            case INVALID_ARGUMENT, UNKNOWN_LANGUAGE -> Code.INVALID_ARGUMENT;
            case IMAGE_UNKNOWN,
                    SESSION_UNKNOWN,
                    SANDBOX_UNKNOWN,
                    PROCESS_UNKNOWN,
                    CONTEXT_UNKNOWN,
                    CELL_UNKNOWN,
                    SNAPSHOT_UNKNOWN,
                    FILE_UNKNOWN -> Code.NOT_FOUND;
            case TAG_TAKEN, FILE_EXISTS -> Code.ALREADY_EXISTS;
            case FILE_FORBIDDEN -> Code.PERMISSION_DENIED;
            case LANGUAGE_MISSING,
                    IMAGE_NOT_BUILT,
                    KERNEL_NOT_BUILT,
                    SESSIONS_FULL,
                    IN_USE,
                    PORT_UNUSABLE,
                    VMM_MISSING,
                    LAYER_MISSING,
                    NOT_A_DIRECTORY,
                    NOT_EMPTY,
                    PROCESS_REFUSED,
                    CONTEXT_DEAD,
                    CONTEXT_BUSY,
                    SANDBOX_PAUSED,
                    CHECKPOINT_FOREIGN,
                    TEMPLATE_IN_USE,
                    DAEMON_MISSING -> Code.FAILED_PRECONDITION;
            case POOL_EXHAUSTED,
                    MEMORY_SHORT,
                    JOURNAL_FULL,
                    QUOTA_EXCEEDED,
                    TOKENS_EXCEEDED,
                    TENANT_LIMIT,
                    SANDBOX_QUOTA,
                    PROCESS_LIMIT,
                    CONTEXT_LIMIT,
                    CELL_LIMIT,
                    DISK_FULL,
                    DISK_SHORT,
                    WATCH_LIMIT,
                    READ_LIMIT -> Code.RESOURCE_EXHAUSTED;
            case SANDBOX_BUSY, CONTEXT_RESTARTED, CONTEXT_REMOVED -> Code.ABORTED;
            case LANGUAGE_UNSUPPORTED, TABLE_FORMAT_UNSUPPORTED -> Code.UNIMPLEMENTED;
            case CHECKPOINT_DAMAGED -> Code.DATA_LOSS;
            case INTERRUPTED -> Code.CANCELLED;
            case STOPPING,
                    DAEMON_REFUSED,
                    DAEMON_LOST,
                    EXECUTION_LOST,
                    EXECUTION_ELSEWHERE,
                    VMM_FAILED,
                    BOOT_FAILED,
                    TEMPLATE_BUILD_FAILED,
                    GUEST_SILENT,
                    SANDBOX_LOST,
                    SANDBOX_DIED,
                    SANDBOX_MOVED,
                    GUEST_EXCEEDED,
                    GUEST_REFUSED,
                    STORAGE_FAILED -> Code.UNAVAILABLE;
            case IMAGE_BROKEN,
                    IMAGE_BUILD_FAILED,
                    JAIL_FAILED,
                    SPAWNER_FAILED,
                    DAEMON_UNCONFINED,
                    TOOL_FAILED,
                    LAB_FAILED,
                    HISTORY_UNUSABLE,
                    ACCESS_UNUSABLE,
                    JOURNAL_UNUSABLE,
                    SANDBOXES_UNUSABLE,
                    INTERNAL -> Code.INTERNAL;
        };
    }
}
