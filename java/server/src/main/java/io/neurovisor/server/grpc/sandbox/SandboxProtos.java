package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.Timestamp;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.proto.sandbox.CreateTemplateResponse;
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.SandboxEventKind;
import io.neurovisor.proto.sandbox.SandboxLayer;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.Template;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.sandbox.SandboxChange;
import io.neurovisor.server.sandbox.SandboxMeasurements;
import io.neurovisor.server.status.FaultStatus;
import java.time.Duration;
import java.time.Instant;

/** Translates the engine's values of sandboxes into messages. */
final class SandboxProtos {
    private static final int MEBIBYTE_BITS = 20;

    private SandboxProtos() {}

    static io.neurovisor.proto.sandbox.Sandbox sandbox(Sandbox sandbox) {
        return summary(sandbox).build();
    }

    /** Returns the sandbox with the layers of its machine. */
    static io.neurovisor.proto.sandbox.Sandbox withLayers(Sandbox sandbox) {
        io.neurovisor.proto.sandbox.Sandbox.Builder message = summary(sandbox);
        for (LayerState state : sandbox.layers()) {
            message.addLayers(SandboxLayer.newBuilder()
                    .setNumber(state.layer().number())
                    .setName(state.layer().label())
                    .setStatus(state.status().label())
                    .setDetail(state.detail()));
        }
        return message.build();
    }

    /** Returns one copy of a fork, or why there is none. */
    static ForkResult result(ForkedSandbox result) {
        ForkResult.Builder message = ForkResult.newBuilder();
        result.sandbox().map(SandboxProtos::withLayers).ifPresent(message::setSandbox);
        result.failure().map(FaultStatus::status).ifPresent(message::setStatus);
        return message.build();
    }

    static io.neurovisor.proto.sandbox.Snapshot snapshot(Snapshot snapshot, long diskBytes) {
        return io.neurovisor.proto.sandbox.Snapshot.newBuilder()
                .setId(snapshot.id().value())
                .setName(snapshot.name())
                .setSandboxId(snapshot.source().value())
                .setTemplate(snapshot.kind().image())
                .setSize(snapshot.kind().size().label())
                .setCreated(timestamp(snapshot.created()))
                .setDiskBytes(diskBytes)
                .build();
    }

    static CreateTemplateResponse copied(long bytes, long allBytes) {
        return CreateTemplateResponse.newBuilder()
                .setCopiedBytes(bytes)
                .setTotalBytes(allBytes)
                .build();
    }

    static Template template(Snapshot template, long diskBytes) {
        return Template.newBuilder()
                .setId(template.id().value())
                .setName(template.name())
                .setSandboxId(template.source().value())
                .setImage(template.kind().image())
                .setSize(template.kind().size().label())
                .setCreated(timestamp(template.created()))
                .setDiskBytes(diskBytes)
                .build();
    }

    private static io.neurovisor.proto.sandbox.Sandbox.Builder summary(Sandbox sandbox) {
        SandboxRecord record = sandbox.record();
        SandboxSpec spec = record.spec();
        io.neurovisor.proto.sandbox.Sandbox.Builder message = io.neurovisor.proto.sandbox.Sandbox.newBuilder()
                .setId(sandbox.id().value())
                .setState(state(sandbox.phase()))
                .setTemplate(spec.kind().image())
                .setSize(spec.kind().size().label())
                .setCreated(timestamp(record.created()))
                .setEnds(timestamp(record.ends()))
                .putAllMetadata(spec.metadata())
                .setOnTimeout(
                        switch (spec.onTimeout()) {
                            case KILL -> OnTimeout.ON_TIMEOUT_KILL;
                            case PAUSE -> OnTimeout.ON_TIMEOUT_PAUSE;
                        })
                .setAutoResume(spec.autoResume())
                .setIdlePauseSecs((int) spec.idlePause().orElse(Duration.ZERO).toSeconds())
                .setVcpuCount(spec.kind().size().vcpuCount())
                .setMemoryBytes((long) spec.kind().size().memoryMebibytes() << MEBIBYTE_BITS)
                .setDiskBytes(sandbox.diskBytes())
                .setVmId(record.vmId().map(VmId::value).orElse(""))
                .setGeneration(record.generation())
                .setForkedFrom(spec.forkedFrom().map(SandboxId::value).orElse(""))
                .setEndReason(record.end().map(SandboxProtos::reason).orElse(EndReason.END_REASON_UNSPECIFIED))
                .setName(spec.name())
                .setEndDetail(record.endDetail());
        record.older()
                .map(SandboxCheckpoint::saved)
                .map(SandboxProtos::timestamp)
                .ifPresent(message::setOlderCheckpoint);
        return message;
    }

    private static SandboxState state(SandboxPhase phase) {
        return switch (phase) {
            case CREATING -> SandboxState.SANDBOX_STATE_CREATING;
            case RUNNING -> SandboxState.SANDBOX_STATE_RUNNING;
            case COPYING, PAUSING -> SandboxState.SANDBOX_STATE_PAUSING;
            case PAUSED -> SandboxState.SANDBOX_STATE_PAUSED;
            case RESUMING -> SandboxState.SANDBOX_STATE_RESUMING;
            case ENDED -> SandboxState.SANDBOX_STATE_ENDED;
        };
    }

    private static EndReason reason(SandboxEnd end) {
        return switch (end) {
            case KILLED -> EndReason.END_REASON_KILLED;
            case TIMED_OUT -> EndReason.END_REASON_TIMED_OUT;
            case DIED -> EndReason.END_REASON_DIED;
            case OUT_OF_MEMORY -> EndReason.END_REASON_OUT_OF_MEMORY;
            case LOST -> EndReason.END_REASON_LOST;
            case REVOKED -> EndReason.END_REASON_REVOKED;
            case KEY_EXPIRED -> EndReason.END_REASON_KEY_EXPIRED;
            case SHUTDOWN -> EndReason.END_REASON_SHUTDOWN;
            case FAILED -> EndReason.END_REASON_FAILED;
        };
    }

    static WatchResponse event(SandboxChange change) {
        return WatchResponse.newBuilder()
                .setTime(timestamp(change.time()))
                .setSandboxId(change.id().value())
                .setKind(
                        switch (change.kind()) {
                            case CREATED -> SandboxEventKind.SANDBOX_EVENT_KIND_CREATED;
                            case TIMEOUT_SET -> SandboxEventKind.SANDBOX_EVENT_KIND_TIMEOUT_SET;
                            case PAUSED -> SandboxEventKind.SANDBOX_EVENT_KIND_PAUSED;
                            case RESUMED -> SandboxEventKind.SANDBOX_EVENT_KIND_RESUMED;
                            case FORKED -> SandboxEventKind.SANDBOX_EVENT_KIND_FORKED;
                            case ENDED -> SandboxEventKind.SANDBOX_EVENT_KIND_ENDED;
                        })
                .setEndReason(change.end().map(SandboxProtos::reason).orElse(EndReason.END_REASON_UNSPECIFIED))
                .build();
    }

    static MetricsPoint point(SandboxMeasurements.Point point) {
        GuestUsage usage = point.usage();
        return MetricsPoint.newBuilder()
                .setTime(timestamp(point.time()))
                .setVcpuCount(point.vcpuCount())
                .setCpuUsedPercent(point.cpuUsedPercent())
                .setMemoryUsedBytes(usage.memoryUsedBytes())
                .setMemoryTotalBytes(usage.memoryTotalBytes())
                .setMemoryCacheBytes(usage.memoryCacheBytes())
                .setDiskUsedBytes(usage.diskUsedBytes())
                .setDiskTotalBytes(usage.diskTotalBytes())
                .setProcesses(usage.processes())
                .build();
    }

    static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
