package io.neurovisor.cli.sandbox;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.Future;
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
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResponse;
import io.neurovisor.proto.sandbox.ForkResult;
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
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.MetricsRequest;
import io.neurovisor.proto.sandbox.MetricsResponse;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.PauseResponse;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxEventKind;
import io.neurovisor.proto.sandbox.SandboxLayer;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.SetTimeoutResponse;
import io.neurovisor.proto.sandbox.Snapshot;
import io.neurovisor.proto.sandbox.Template;
import io.neurovisor.proto.sandbox.WatchRequest;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.status.RpcFailure;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A daemon on a Unix socket that keeps sandboxes without machines. What their processes do is scripted. */
final class FakeSandboxDaemon extends SandboxServiceGrpc.SandboxServiceImplBase implements AutoCloseable {
    private static final long START_SECONDS = 1_800_000_000;

    private final Map<String, Sandbox> sandboxes = new ConcurrentHashMap<>();
    private final List<String> order = new CopyOnWriteArrayList<>();
    private final AtomicBoolean busy = new AtomicBoolean();
    private final List<CreateRequest> created = new CopyOnWriteArrayList<>();
    private final AtomicReference<Optional<Snapshot>> snapshot = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Optional<Template>> template = new AtomicReference<>(Optional.empty());
    private final List<ForkRequest> forked = new CopyOnWriteArrayList<>();
    private final ScriptedProcesses processes = new ScriptedProcesses(this);
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Server server;

    private FakeSandboxDaemon(Path socket, boolean hasSandboxes) throws IOException {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(eventLoop)
                .workerEventLoopGroup(eventLoop);
        if (hasSandboxes) {
            builder.addService(this).addService(processes);
        }
        server = builder.build().start();
    }

    static FakeSandboxDaemon at(Path socket) throws IOException {
        return new FakeSandboxDaemon(socket, true);
    }

    /** Returns a daemon that serves none of the services. */
    static FakeSandboxDaemon withoutSandboxes(Path socket) throws IOException {
        return new FakeSandboxDaemon(socket, false);
    }

    /** Adds a running sandbox. */
    void add(String id, String name) {
        put(Sandbox.newBuilder()
                .setId(id)
                .setName(name)
                .setState(SandboxState.SANDBOX_STATE_RUNNING)
                .setTemplate("base")
                .setSize("small")
                .setCreated(time(START_SECONDS))
                .setEnds(time(START_SECONDS + 300))
                .setVcpuCount(1)
                .setMemoryBytes(256L << 20)
                .setDiskBytes(100L << 20)
                .setVmId("vm-1")
                .build());
    }

    private void put(Sandbox sandbox) {
        if (sandboxes.put(sandbox.getId(), sandbox) == null) {
            order.addFirst(sandbox.getId());
        }
    }

    void end(String id, EndReason reason) {
        put(sandbox(id).toBuilder()
                .setState(SandboxState.SANDBOX_STATE_ENDED)
                .setEndReason(reason)
                .build());
    }

    private Sandbox sandbox(String id) {
        return requireNonNull(sandboxes.get(id), id);
    }

    ScriptedProcesses processes() {
        return processes;
    }

    List<ForkRequest> forked() {
        return List.copyOf(forked);
    }

    List<CreateRequest> created() {
        return List.copyOf(created);
    }

    static Timestamp time(long seconds) {
        return Timestamp.newBuilder().setSeconds(seconds).build();
    }

    static <T> void answer(StreamObserver<T> client, T answer) {
        client.onNext(answer);
        client.onCompleted();
    }

    private static boolean isLiving(Sandbox sandbox) {
        return sandbox.getState() != SandboxState.SANDBOX_STATE_ENDED;
    }

    /** Makes the next pause take longer than a call waits. */
    void beSlow() {
        busy.set(true);
    }

    @Override
    public void pause(PauseRequest request, StreamObserver<PauseResponse> client) {
        if (busy.getAndSet(false)) {
            client.onError(new RpcFailure(Code.ABORTED, "SANDBOX_BUSY", "try again").exception());
            return;
        }
        put(sandbox(request.getSandboxId()).toBuilder()
                .setState(SandboxState.SANDBOX_STATE_PAUSED)
                .build());
        answer(
                client,
                PauseResponse.newBuilder()
                        .setSandbox(sandbox(request.getSandboxId()))
                        .build());
    }

    /** Has room for two copies. */
    @Override
    public void fork(ForkRequest request, StreamObserver<ForkResponse> client) {
        forked.add(request);
        ForkResponse.Builder response = ForkResponse.newBuilder();
        for (int i = 0; i < request.getCount(); i++) {
            if (i >= 2) {
                response.addResults(ForkResult.newBuilder()
                        .setStatus(new RpcFailure(Code.RESOURCE_EXHAUSTED, "SANDBOX_QUOTA", "no room").status()));
                continue;
            }
            String id = "copy".concat(String.valueOf((char) ('a' + i)).repeat(16));
            add(id, "");
            put(sandbox(id).toBuilder().setForkedFrom(request.getSandboxId()).build());
            response.addResults(ForkResult.newBuilder().setSandbox(sandbox(id)));
        }
        answer(client, response.build());
    }

    /** Keeps one snapshot. */
    @Override
    public void createSnapshot(CreateSnapshotRequest request, StreamObserver<CreateSnapshotResponse> client) {
        Snapshot taken = Snapshot.newBuilder()
                .setId("snap".concat("a".repeat(16)))
                .setName(request.getName())
                .setSandboxId(request.getSandboxId())
                .setTemplate("base")
                .setSize("small")
                .setCreated(time(START_SECONDS))
                .setDiskBytes(30 << 20)
                .build();
        snapshot.set(Optional.of(taken));
        answer(client, CreateSnapshotResponse.newBuilder().setSnapshot(taken).build());
    }

    @Override
    public void listSnapshots(ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> client) {
        ListSnapshotsResponse.Builder response = ListSnapshotsResponse.newBuilder();
        snapshot.get().ifPresent(response::addSnapshots);
        answer(client, response.build());
    }

    @Override
    public void deleteSnapshot(DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> client) {
        boolean deleted = snapshot.getAndUpdate(
                        kept -> kept.filter(one -> !one.getId().equals(request.getSnapshotId())))
                .filter(one -> one.getId().equals(request.getSnapshotId()))
                .isPresent();
        answer(client, DeleteSnapshotResponse.newBuilder().setDeleted(deleted).build());
    }

    /** Keeps one template. */
    @Override
    public void createTemplate(CreateTemplateRequest request, StreamObserver<CreateTemplateResponse> client) {
        Template made = Template.newBuilder()
                .setId("tempaaaaaaaaaaaaaaaa")
                .setName(request.getName())
                .setSandboxId(request.getSnapshotId())
                .setImage("base")
                .setSize("small")
                .setCreated(time(START_SECONDS))
                .setDiskBytes(256 << 20)
                .build();
        template.set(Optional.of(made));
        client.onNext(CreateTemplateResponse.newBuilder()
                .setCopiedBytes(64 << 20)
                .setTotalBytes(256 << 20)
                .build());
        answer(client, CreateTemplateResponse.newBuilder().setTemplate(made).build());
    }

    @Override
    public void listTemplates(ListTemplatesRequest request, StreamObserver<ListTemplatesResponse> client) {
        ListTemplatesResponse.Builder response = ListTemplatesResponse.newBuilder();
        template.get().ifPresent(response::addTemplates);
        answer(client, response.build());
    }

    @Override
    public void deleteTemplate(DeleteTemplateRequest request, StreamObserver<DeleteTemplateResponse> client) {
        boolean deleted = template.getAndUpdate(
                        kept -> kept.filter(one -> !one.getName().equals(request.getTemplateId())))
                .filter(one -> one.getName().equals(request.getTemplateId()))
                .isPresent();
        answer(client, DeleteTemplateResponse.newBuilder().setDeleted(deleted).build());
    }

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectResponse> client) {
        Sandbox found = sandbox(request.getSandboxId());
        if (found.hasOlderCheckpoint() && !request.getAcceptOlder()) {
            client.onError(
                    Status.NOT_FOUND.withDescription("it was saved before").asRuntimeException());
            return;
        }
        Sandbox.Builder resumed =
                found.toBuilder().setState(SandboxState.SANDBOX_STATE_RUNNING).clearOlderCheckpoint();
        if (request.getTimeoutSecs() > 0) {
            resumed.setEnds(time(START_SECONDS + request.getTimeoutSecs()));
        }
        put(resumed.build());
        answer(client, ConnectResponse.newBuilder().setSandbox(resumed).build());
    }

    @Override
    public void create(CreateRequest request, StreamObserver<CreateResponse> client) {
        created.add(request);
        String id = "new".concat("a".repeat(17));
        add(id, request.getName());
        Sandbox sandbox =
                sandbox(id).toBuilder().putAllMetadata(request.getMetadataMap()).build();
        put(sandbox);
        answer(client, CreateResponse.newBuilder().setSandbox(sandbox).build());
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> client) {
        Sandbox sandbox = sandboxes.get(request.getSandboxId());
        if (sandbox == null) {
            client.onError(new RpcFailure(
                            Code.NOT_FOUND, "SANDBOX_UNKNOWN", "sandbox " + request.getSandboxId() + " is unknown")
                    .exception());
            return;
        }
        SandboxLayer layer = SandboxLayer.newBuilder()
                .setNumber(1)
                .setName("hardware")
                .setStatus("live")
                .setDetail("KVM")
                .build();
        answer(
                client,
                GetResponse.newBuilder()
                        .setSandbox(sandbox.toBuilder().addLayers(layer))
                        .build());
    }

    /** Pages hold one sandbox each. */
    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> client) {
        List<Sandbox> found = new ArrayList<>();
        for (String id : order) {
            Sandbox sandbox = sandbox(id);
            if ((isLiving(sandbox) || request.getStatesList().contains(sandbox.getState()))
                    && sandbox.getMetadataMap()
                            .entrySet()
                            .containsAll(request.getMetadataMap().entrySet())) {
                found.add(sandbox);
            }
        }
        int index = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
        ListResponse.Builder page = ListResponse.newBuilder();
        if (index < found.size()) {
            page.addSandboxes(found.get(index));
        }
        if (index + 1 < found.size()) {
            page.setNextPageToken(Integer.toString(index + 1));
        }
        answer(client, page.build());
    }

    @Override
    public void setTimeout(SetTimeoutRequest request, StreamObserver<SetTimeoutResponse> client) {
        Sandbox changed = sandbox(request.getSandboxId()).toBuilder()
                .setEnds(time(START_SECONDS + request.getTimeoutSecs()))
                .build();
        put(changed);
        answer(client, SetTimeoutResponse.newBuilder().setSandbox(changed).build());
    }

    @Override
    public void kill(KillRequest request, StreamObserver<KillResponse> client) {
        Sandbox sandbox = sandboxes.get(request.getSandboxId());
        boolean killed = sandbox != null && isLiving(sandbox);
        if (killed) {
            end(request.getSandboxId(), EndReason.END_REASON_KILLED);
        }
        answer(client, KillResponse.newBuilder().setKilled(killed).build());
    }

    @Override
    public void metrics(MetricsRequest request, StreamObserver<MetricsResponse> client) {
        MetricsResponse.Builder points = MetricsResponse.newBuilder();
        for (int i = 0; i < 20; i++) {
            points.addPoints(MetricsPoint.newBuilder()
                    .setTime(time(START_SECONDS + 5L * i))
                    .setCpuUsedPercent(i)
                    .setMemoryUsedBytes(50L << 20)
                    .setMemoryTotalBytes(256L << 20)
                    .setProcesses(3));
        }
        answer(client, points.build());
    }

    /** Reports the end of each sandbox, and then that of the daemon. */
    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> client) {
        for (String id : order) {
            client.onNext(WatchResponse.newBuilder()
                    .setTime(time(START_SECONDS))
                    .setSandboxId(id)
                    .setKind(SandboxEventKind.SANDBOX_EVENT_KIND_ENDED)
                    .setEndReason(EndReason.END_REASON_TIMED_OUT)
                    .build());
        }
        client.onError(new RpcFailure(Code.UNAVAILABLE, "STOPPING", "NeuroVisor is shutting down").exception());
    }

    /** Loses a sandbox that was saved before. */
    void lose(String id) {
        put(sandbox(id).toBuilder()
                .setState(SandboxState.SANDBOX_STATE_ENDED)
                .setEndReason(EndReason.END_REASON_LOST)
                .setOlderCheckpoint(time(START_SECONDS))
                .build());
    }

    /** Breaks all connections. */
    @Override
    public void close() {
        server.shutdownNow();
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
}
