package io.neurovisor.server.client.sandbox;

import com.google.protobuf.Timestamp;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxEventKind;
import io.neurovisor.proto.sandbox.SandboxLayer;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.Snapshot;
import io.neurovisor.proto.sandbox.Template;
import io.neurovisor.proto.sandbox.WatchResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Translates sandboxes between the client's values and protobuf messages. */
final class SandboxMessages {
    private SandboxMessages() {}

    static CreateRequest message(SandboxRequest request) {
        CreateRequest.Builder message =
                CreateRequest.newBuilder().putAllEnv(request.environment()).putAllMetadata(request.metadata());
        request.template().ifPresent(message::setTemplate);
        request.size().ifPresent(message::setSize);
        request.timeout().ifPresent(timeout -> message.setTimeoutSecs((int) timeout.toSeconds()));
        request.directory().ifPresent(message::setCwd);
        request.name().ifPresent(message::setName);
        message.setOnTimeout(request.pausesOnTimeout() ? OnTimeout.ON_TIMEOUT_PAUSE : OnTimeout.ON_TIMEOUT_UNSPECIFIED);
        message.setAutoResume(request.autoResume());
        request.idlePause().ifPresent(idle -> message.setIdlePauseSecs((int) idle.toSeconds()));
        return message.build();
    }

    static SandboxView view(Sandbox sandbox) {
        return new SandboxView(
                sandbox.getId(),
                sandbox.getName(),
                sandbox.getState() == SandboxState.SANDBOX_STATE_ENDED
                        ? SandboxView.ENDED
                        : label(sandbox.getState(), "SANDBOX_STATE_"),
                sandbox.getTemplate(),
                sandbox.getSize(),
                instant(sandbox.getCreated()),
                instant(sandbox.getEnds()),
                sandbox.getMetadataMap(),
                sandbox.getOnTimeout() == OnTimeout.ON_TIMEOUT_PAUSE,
                sandbox.getAutoResume(),
                Duration.ofSeconds(Integer.toUnsignedLong(sandbox.getIdlePauseSecs())),
                sandbox.getGeneration(),
                sandbox.getForkedFrom(),
                sandbox.getVcpuCount(),
                sandbox.getMemoryBytes(),
                sandbox.getDiskBytes(),
                sandbox.getVmId(),
                label(sandbox.getEndReason()),
                sandbox.getEndDetail(),
                sandbox.hasOlderCheckpoint() ? Optional.of(instant(sandbox.getOlderCheckpoint())) : Optional.empty(),
                sandbox.getLayersList().stream().map(SandboxMessages::layer).toList());
    }

    static SnapshotView view(Snapshot snapshot) {
        return new SnapshotView(
                snapshot.getId(),
                snapshot.getName(),
                snapshot.getSandboxId(),
                snapshot.getTemplate(),
                snapshot.getSize(),
                instant(snapshot.getCreated()),
                snapshot.getDiskBytes());
    }

    static SnapshotView view(Template template) {
        return new SnapshotView(
                template.getId(),
                template.getName(),
                template.getSandboxId(),
                template.getImage(),
                template.getSize(),
                instant(template.getCreated()),
                template.getDiskBytes());
    }

    static SandboxUsage usage(MetricsPoint point) {
        return new SandboxUsage(
                instant(point.getTime()),
                point.getVcpuCount(),
                point.getCpuUsedPercent(),
                point.getMemoryUsedBytes(),
                point.getMemoryTotalBytes(),
                point.getMemoryCacheBytes(),
                point.getDiskUsedBytes(),
                point.getDiskTotalBytes(),
                point.getProcesses());
    }

    static SandboxChange change(WatchResponse event) {
        SandboxEventKind kind = event.getKind();
        return new SandboxChange(
                instant(event.getTime()),
                event.getSandboxId(),
                label(kind, "SANDBOX_EVENT_KIND_"),
                label(event.getEndReason()));
    }

    static List<SandboxState> allStates() {
        return Arrays.stream(SandboxState.values())
                .filter(state -> state != SandboxState.SANDBOX_STATE_UNSPECIFIED && state != SandboxState.UNRECOGNIZED)
                .toList();
    }

    private static LayerState layer(SandboxLayer layer) {
        return new LayerState(
                Layer.numbered(layer.getNumber()),
                LayerState.Status.valueOf(layer.getStatus().toUpperCase(Locale.ROOT)),
                layer.getDetail(),
                "");
    }

    private static String label(EndReason reason) {
        return reason == EndReason.END_REASON_UNSPECIFIED ? "" : label(reason, "END_REASON_");
    }

    /** Returns the value in small letters. One that only a newer daemon knows is "unrecognized". */
    private static String label(Enum<?> value, String prefix) {
        return value.name().replace(prefix, "").toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}
