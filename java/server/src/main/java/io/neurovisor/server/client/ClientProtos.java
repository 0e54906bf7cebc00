package io.neurovisor.server.client;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.host.guestlink.GuestMessages;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.HostReport;
import io.neurovisor.proto.execution.LayerReport;
import io.neurovisor.proto.execution.VmmReport;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Translates executions between the engine's values and protobuf messages, on the client's side. */
final class ClientProtos {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private ClientProtos() {}

    /** Returns the request for a daemon. It sets every field, so that the defaults of the daemon do not apply. */
    static ExecuteRequest message(ExecutionRequest request) {
        return GuestMessages.request(request.program(), request.timeout()).toBuilder()
                .setSize(request.size().label())
                .setImage(request.image().orElse(""))
                .build();
    }

    static DaemonResult result(ExecutionRequest request, ExecuteMetadata metadata) {
        if (!metadata.hasHost()) {
            throw new NeuroVisorException(
                    Fault.EXECUTION_LOST,
                    "the daemon that ran the program was killed; the outcome of the program is unknown");
        }
        HostReport host = metadata.getHost();
        ExecutionResult result = new ExecutionResult(
                request.traceId(),
                GuestMessages.exit(metadata, outcome(metadata.getOutcome())),
                new VmId(host.getVmId()),
                Optional.of(host.getTemplate()).filter(template -> !template.isEmpty()),
                host.getLayersList().stream().map(ClientProtos::layer).toList(),
                duration(host.getAcquireMs()),
                duration(host.getRunMs()),
                host.getDetail());
        VmmReport vmm = host.getVmm();
        return new DaemonResult(
                result,
                vmm.getName(),
                vmm.getVersion(),
                vmm.getAccelerator(),
                vmm.getReason(),
                size(host.getSize()).orElse(request.size()),
                size(host.getReadySize()));
    }

    /** Returns empty for the report of an older daemon, which has no size. */
    private static Optional<SandboxSize> size(String label) {
        return label.isEmpty() ? Optional.empty() : Optional.of(SandboxSize.named(label));
    }

    private static LayerState layer(LayerReport report) {
        return new LayerState(
                Layer.numbered(report.getNumber()),
                LayerState.Status.valueOf(report.getStatus().toUpperCase(Locale.ROOT)),
                report.getDetail(),
                report.getFix());
    }

    /** Values that only a newer daemon knows become OUTCOME_UNKNOWN. */
    private static Outcome outcome(io.neurovisor.proto.execution.Outcome outcome) {
        return switch (outcome) {
            case COMPLETED -> Outcome.COMPLETED;
            case TIMED_OUT -> Outcome.TIMED_OUT;
            case OUT_OF_MEMORY -> Outcome.OUT_OF_MEMORY;
            case OUTPUT_LIMIT -> Outcome.OUTPUT_LIMIT;
            case CANCELLED -> Outcome.CANCELLED;
            case SANDBOX_DIED -> Outcome.SANDBOX_DIED;
            case OUTCOME_UNKNOWN, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> Outcome.OUTCOME_UNKNOWN;
        };
    }

    private static Duration duration(double milliseconds) {
        return Duration.ofNanos((long) (milliseconds * NANOS_PER_MILLISECOND));
    }
}
