package io.neurovisor.server.grpc;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelFailure.Reason;
import java.time.Duration;

/** How failures of language models look to clients, like {@link FaultStatus} for all others. */
final class ModelStatus {
    /** Where the model's server does not say. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final String PREFIX = "MODEL_";

    private ModelStatus() {}

    static StatusRuntimeException of(ModelFailure failure) {
        Reason reason = failure.reason();
        Status.Builder status = Status.newBuilder()
                .setCode(code(reason).getNumber())
                .setMessage(failure.explanation())
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(reason.name().startsWith(PREFIX) ? reason.name() : PREFIX + reason.name())
                        .setDomain(FaultStatus.DOMAIN)
                        .build()));
        if (reason.isTransient()) {
            status.addDetails(Any.pack(
                    FaultStatus.retry(failure.retryAfter().compareTo(RETRY) > 0 ? failure.retryAfter() : RETRY)));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    static Code code(Reason reason) {
        return switch (reason) {
            case UNREACHABLE, SERVER_ERROR, BROKEN_STREAM, STALLED -> Code.UNAVAILABLE;
            case BUSY -> Code.RESOURCE_EXHAUSTED;
            case MODEL_MISSING -> Code.NOT_FOUND;
            case TOOLS_UNSUPPORTED, REFUSED -> Code.FAILED_PRECONDITION;
            case CANCELLED -> Code.CANCELLED;
            case OUT_OF_TIME -> Code.DEADLINE_EXCEEDED;
        };
    }
}
