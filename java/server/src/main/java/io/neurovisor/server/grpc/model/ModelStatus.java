package io.neurovisor.server.grpc.model;

import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.status.FaultStatus;
import io.neurovisor.server.status.RpcFailure;
import java.time.Duration;
import java.util.Optional;

/** Maps failures of language models to gRPC statuses, as {@link FaultStatus} does for faults. */
final class ModelStatus {
    /** Used if the model server gives no delay. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final String PREFIX = "MODEL_";

    private ModelStatus() {}

    static StatusRuntimeException of(ModelFailure failure) {
        if (failure.reason() == Reason.NOT_ADMITTED && failure.getCause() instanceof NeuroVisorException refusal) {
            return FaultStatus.of(refusal);
        }
        Reason reason = failure.reason();
        Duration delay = failure.retryAfter().compareTo(RETRY) > 0 ? failure.retryAfter() : RETRY;
        return new RpcFailure(
                        code(reason),
                        reason.name().startsWith(PREFIX) ? reason.name() : PREFIX + reason.name(),
                        failure.explanation())
                .withRetryAfter(reason.isTransient() ? Optional.of(delay) : Optional.empty())
                .exception();
    }

    static Code code(Reason reason) {
        return switch (reason) {
            case UNREACHABLE, SERVER_ERROR, BROKEN_STREAM, STALLED -> Code.UNAVAILABLE;
            case BUSY, NOT_ADMITTED -> Code.RESOURCE_EXHAUSTED;
            case MODEL_MISSING -> Code.NOT_FOUND;
            case TOOLS_UNSUPPORTED, REFUSED -> Code.FAILED_PRECONDITION;
            case CANCELLED -> Code.CANCELLED;
            case OUT_OF_TIME -> Code.DEADLINE_EXCEEDED;
        };
    }
}
