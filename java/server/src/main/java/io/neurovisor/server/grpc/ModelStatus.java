package io.neurovisor.server.grpc;

import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.status.RpcFailure;
import java.time.Duration;
import java.util.Optional;

/** How failures of language models look to clients, like {@link FaultStatus} for all others. */
final class ModelStatus {
    /** Where the model's server does not say. */
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
