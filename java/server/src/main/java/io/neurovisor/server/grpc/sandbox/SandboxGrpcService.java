package io.neurovisor.server.grpc.sandbox;

import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.ConnectResponse;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.CreateResponse;
import io.neurovisor.proto.sandbox.CreateSnapshotRequest;
import io.neurovisor.proto.sandbox.CreateSnapshotResponse;
import io.neurovisor.proto.sandbox.CreateTemplateRequest;
import io.neurovisor.proto.sandbox.CreateTemplateResponse;
import io.neurovisor.proto.sandbox.DeleteSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteSnapshotResponse;
import io.neurovisor.proto.sandbox.DeleteTemplateRequest;
import io.neurovisor.proto.sandbox.DeleteTemplateResponse;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResponse;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.GetResponse;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.KillResponse;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.ListResponse;
import io.neurovisor.proto.sandbox.ListSnapshotsRequest;
import io.neurovisor.proto.sandbox.ListSnapshotsResponse;
import io.neurovisor.proto.sandbox.ListTemplatesRequest;
import io.neurovisor.proto.sandbox.ListTemplatesResponse;
import io.neurovisor.proto.sandbox.MetricsRequest;
import io.neurovisor.proto.sandbox.MetricsResponse;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.PauseResponse;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.SetTimeoutResponse;
import io.neurovisor.proto.sandbox.WatchRequest;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.grpc.ServedCall;
import io.neurovisor.server.sandbox.SandboxQuery;
import io.neurovisor.server.sandbox.SandboxWatch;
import io.neurovisor.server.sandbox.TenantSandboxes;
import io.neurovisor.server.sandbox.TenantSnapshots;
import java.time.Duration;
import java.time.Instant;

/** The sandboxes of clients. */
public final class SandboxGrpcService extends SandboxServiceGrpc.SandboxServiceImplBase {
    /** The time for each copy of a fork, in addition to that of a creation: their machines share the host's processors. */
    private static final Duration COPY_LIMIT = Duration.ofSeconds(5);

    private final SandboxCreator creator;
    private final TenantSandboxes sandboxes;
    private final TenantSnapshots snapshots;

    public SandboxGrpcService(SandboxCreator creator) {
        this.creator = creator;
        this.sandboxes = creator.sandboxes();
        this.snapshots = creator.snapshots();
    }

    @Override
    public void create(CreateRequest request, StreamObserver<CreateResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(CreateResponse.newBuilder()
                        .setSandbox(SandboxProtos.withLayers(creator.create(request)))
                        .build()));
    }

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(ConnectResponse.newBuilder()
                        .setSandbox(SandboxProtos.sandbox(sandboxes.connect(
                                request.getSandboxId(), SandboxRequests.extension(request), request.getAcceptOlder())))
                        .build()));
    }

    @Override
    public void pause(PauseRequest request, StreamObserver<PauseResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(PauseResponse.newBuilder()
                        .setSandbox(SandboxProtos.sandbox(sandboxes.pause(request.getSandboxId())))
                        .build()));
    }

    @Override
    public void fork(ForkRequest request, StreamObserver<ForkResponse> client) {
        ServedCall.begin(client, call -> {
            int count = SandboxRequests.copies(request);
            call.send(ForkResponse.newBuilder()
                    .addAllResults(sandboxes
                            .fork(
                                    request.getSandboxId(),
                                    count,
                                    SandboxRequests.lifetime(
                                            request.getTimeoutSecs(),
                                            creator.defaults().timeout()),
                                    creator.deadline(COPY_LIMIT.multipliedBy(count)))
                            .stream()
                            .map(SandboxProtos::result)
                            .toList())
                    .build());
        });
    }

    @Override
    public void createSnapshot(CreateSnapshotRequest request, StreamObserver<CreateSnapshotResponse> client) {
        ServedCall.begin(client, call -> {
            Snapshot snapshot =
                    snapshots.take(request.getSandboxId(), request.getName(), creator.deadline(Duration.ZERO));
            call.send(CreateSnapshotResponse.newBuilder()
                    .setSnapshot(SandboxProtos.snapshot(snapshot, snapshots.bytes(snapshot)))
                    .build());
        });
    }

    @Override
    public void listSnapshots(ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(ListSnapshotsResponse.newBuilder()
                        .addAllSnapshots(snapshots.list(request.getSandboxId()).stream()
                                .map(snapshot -> SandboxProtos.snapshot(snapshot, snapshots.bytes(snapshot)))
                                .toList())
                        .build()));
    }

    @Override
    public void deleteSnapshot(DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(DeleteSnapshotResponse.newBuilder()
                        .setDeleted(snapshots.delete(request.getSnapshotId()))
                        .build()));
    }

    @Override
    public void createTemplate(CreateTemplateRequest request, StreamObserver<CreateTemplateResponse> client) {
        ServedCall.begin(client, call -> {
            Snapshot template = snapshots.makeTemplate(
                    request.getSnapshotId(),
                    request.getName(),
                    (bytes, all) -> call.offer(SandboxProtos.copied(bytes, all)));
            long bytes = snapshots.bytes(template);
            call.send(SandboxProtos.copied(bytes, bytes).toBuilder()
                    .setTemplate(SandboxProtos.template(template, bytes))
                    .build());
        });
    }

    @Override
    public void listTemplates(ListTemplatesRequest request, StreamObserver<ListTemplatesResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(ListTemplatesResponse.newBuilder()
                        .addAllTemplates(snapshots.templates().stream()
                                .map(template -> SandboxProtos.template(template, snapshots.bytes(template)))
                                .toList())
                        .build()));
    }

    @Override
    public void deleteTemplate(DeleteTemplateRequest request, StreamObserver<DeleteTemplateResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(DeleteTemplateResponse.newBuilder()
                        .setDeleted(snapshots.deleteTemplate(request.getTemplateId()))
                        .build()));
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(GetResponse.newBuilder()
                        .setSandbox(SandboxProtos.withLayers(sandboxes.get(request.getSandboxId())))
                        .build()));
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> client) {
        ServedCall.begin(client, call -> {
            SandboxQuery.Page page = SandboxRequests.query(request).of(sandboxes.list());
            call.send(ListResponse.newBuilder()
                    .addAllSandboxes(page.sandboxes().stream()
                            .map(SandboxProtos::sandbox)
                            .toList())
                    .setNextPageToken(
                            page.next().map(SandboxQuery.Position::token).orElse(""))
                    .setTotalRunning(page.running())
                    .build());
        });
    }

    @Override
    public void setTimeout(SetTimeoutRequest request, StreamObserver<SetTimeoutResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(SetTimeoutResponse.newBuilder()
                        .setSandbox(SandboxProtos.sandbox(sandboxes.setTimeout(
                                request.getSandboxId(), SandboxRequests.seconds(request.getTimeoutSecs()))))
                        .build()));
    }

    @Override
    public void kill(KillRequest request, StreamObserver<KillResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(KillResponse.newBuilder()
                        .setKilled(sandboxes.kill(request.getSandboxId()))
                        .build()));
    }

    @Override
    public void metrics(MetricsRequest request, StreamObserver<MetricsResponse> client) {
        ServedCall.begin(client, call -> {
            Instant from = request.hasFrom() ? SandboxRequests.instant("from", request.getFrom()) : Instant.MIN;
            Instant to = request.hasTo() ? SandboxRequests.instant("to", request.getTo()) : Instant.MAX;
            call.send(MetricsResponse.newBuilder()
                    .addAllPoints(sandboxes.points(request.getSandboxId()).stream()
                            .filter(point -> !point.time().isBefore(from)
                                    && !point.time().isAfter(to))
                            .map(SandboxProtos::point)
                            .toList())
                    .build());
        });
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> client) {
        ServedCall.begin(client, call -> {
            try (SandboxWatch watch = sandboxes.watch()) {
                while (true) {
                    call.send(SandboxProtos.event(watch.next()));
                }
            }
        });
    }
}
