package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.CreateSnapshotRequest;
import io.neurovisor.proto.sandbox.CreateTemplateRequest;
import io.neurovisor.proto.sandbox.CreateTemplateResponse;
import io.neurovisor.proto.sandbox.DeleteSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteTemplateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.ListResponse;
import io.neurovisor.proto.sandbox.ListSnapshotsRequest;
import io.neurovisor.proto.sandbox.ListTemplatesRequest;
import io.neurovisor.proto.sandbox.MetricsRequest;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingV2Stub;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.WatchRequest;
import io.neurovisor.proto.sandbox.WatchResponse;
import io.neurovisor.server.client.DaemonConnection;
import io.neurovisor.server.client.DaemonFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Creates and manages the sandboxes of the daemon that serves a Unix socket. A failed call throws {@link
 * NeuroVisorException} with the daemon's fault, or {@code DAEMON_LOST} if the connection broke. Thread-safe.
 */
public final class SandboxClient implements AutoCloseable {
    /** For calls that need no machine. */
    private static final Duration ANSWER = Duration.ofSeconds(30);

    /** A page fits into a message even if each sandbox has as much metadata as is allowed. */
    private static final int PAGE = 50;

    private final DaemonConnection connection;

    private SandboxClient(DaemonConnection connection) {
        this.connection = connection;
    }

    /** Connects as {@link io.neurovisor.server.client.DaemonClient#connect(Path, Optional)} does. */
    public static SandboxClient connect(Path socket, Optional<String> key) {
        return new SandboxClient(DaemonConnection.open(socket, key));
    }

    /** Creates a sandbox; blocks until it runs. */
    public SandboxView create(SandboxRequest request) {
        CreateRequest message = SandboxMessages.message(request);
        // The daemon limits the wait for a machine.
        return SandboxMessages.view(connection.answer(() -> SandboxServiceGrpc.newBlockingV2Stub(connection.calls())
                .create(message)
                .getSandbox()));
    }

    public SandboxView get(String id) {
        GetRequest message = GetRequest.newBuilder().setSandboxId(id).build();
        return SandboxMessages.view(connection.answer(() -> calls().get(message).getSandbox()));
    }

    /**
     * Returns the sandboxes, the newest first.
     *
     * @param ended whether those that have ended are included
     * @param metadata pairs that all of them have
     */
    public List<SandboxView> list(boolean ended, Map<String, String> metadata) {
        ListRequest.Builder request =
                ListRequest.newBuilder().putAllMetadata(metadata).setPageSize(PAGE);
        if (ended) {
            request.addAllStates(SandboxMessages.allStates());
        }
        List<SandboxView> all = new ArrayList<>();
        do {
            ListResponse page = connection.answer(() -> calls().list(request.build()));
            page.getSandboxesList().forEach(sandbox -> all.add(SandboxMessages.view(sandbox)));
            request.setPageToken(page.getNextPageToken());
        } while (!request.getPageToken().isEmpty());
        return all;
    }

    /** Saves a sandbox and ends its machine; blocks until it is paused. */
    public SandboxView pause(String id) {
        PauseRequest message = PauseRequest.newBuilder().setSandboxId(id).build();
        return SandboxMessages.view(
                connection.answer(() -> calls().pause(message).getSandbox()));
    }

    /** Returns a sandbox when it runs; one that is paused is resumed. Its time-out stays as it is. */
    public SandboxView connect(String id) {
        return connect(id, Optional.empty(), false);
    }

    /**
     * Returns a sandbox when it runs; one that is paused is resumed.
     *
     * @param timeout the least time that it has from now on
     * @param acceptOlder whether a lost one goes back to the checkpoint that is kept of it
     */
    public SandboxView connect(String id, Optional<Duration> timeout, boolean acceptOlder) {
        ConnectRequest message = ConnectRequest.newBuilder()
                .setSandboxId(id)
                .setTimeoutSecs((int) timeout.orElse(Duration.ZERO).toSeconds())
                .setAcceptOlder(acceptOlder)
                .build();
        return SandboxMessages.view(
                connection.answer(() -> calls().connect(message).getSandbox()));
    }

    /**
     * Makes copies of a sandbox, in which its programs go on as they do in it; blocks until each of them runs or has failed.
     *
     * @param timeout of the copies; empty for that of the daemon
     */
    public List<SandboxCopy> fork(String id, int count, Optional<Duration> timeout) {
        ForkRequest.Builder request = ForkRequest.newBuilder().setSandboxId(id).setCount(count);
        timeout.ifPresent(time -> request.setTimeoutSecs((int) time.toSeconds()));
        // The daemon limits the wait for the machines.
        return connection
                .answer(() ->
                        SandboxServiceGrpc.newBlockingV2Stub(connection.calls()).fork(request.build()))
                .getResultsList()
                .stream()
                .map(this::copy)
                .toList();
    }

    private SandboxCopy copy(ForkResult result) {
        return result.hasSandbox()
                ? new SandboxCopy.Made(SandboxMessages.view(result.getSandbox()))
                : new SandboxCopy.Failed(DaemonFailure.ofStatus(result.getStatus(), connection.socket()));
    }

    /**
     * Saves a sandbox; blocks until its snapshot is complete.
     *
     * @param name may be empty
     */
    public SnapshotView createSnapshot(String id, String name) {
        CreateSnapshotRequest message = CreateSnapshotRequest.newBuilder()
                .setSandboxId(id)
                .setName(name)
                .build();
        // The daemon limits the time.
        return SandboxMessages.view(connection.answer(() -> SandboxServiceGrpc.newBlockingV2Stub(connection.calls())
                .createSnapshot(message)
                .getSnapshot()));
    }

    /** Returns the snapshots, the newest first. */
    public List<SnapshotView> snapshots() {
        return connection
                .answer(() -> calls().listSnapshots(ListSnapshotsRequest.getDefaultInstance()))
                .getSnapshotsList()
                .stream()
                .map(SandboxMessages::view)
                .toList();
    }

    /** Deletes the snapshot with an id or name; returns false if there is none. */
    public boolean deleteSnapshot(String snapshot) {
        DeleteSnapshotRequest message =
                DeleteSnapshotRequest.newBuilder().setSnapshotId(snapshot).build();
        return connection.answer(() -> calls().deleteSnapshot(message).getDeleted());
    }

    /**
     * Makes a template of the snapshot with an id or name; blocks until it is complete. Interrupting the thread ends that.
     *
     * @param progress receives how many bytes are copied, and of how many
     */
    public SnapshotView createTemplate(String snapshot, String name, BiConsumer<Long, Long> progress) {
        CreateTemplateRequest message = CreateTemplateRequest.newBuilder()
                .setSnapshotId(snapshot)
                .setName(name)
                .build();
        try (DaemonCall<?, CreateTemplateResponse> call = new DaemonCall<>(
                connection,
                SandboxServiceGrpc.newBlockingV2Stub(connection.calls()).createTemplate(message))) {
            CreateTemplateResponse answer = call.required();
            while (!answer.hasTemplate()) {
                progress.accept(answer.getCopiedBytes(), answer.getTotalBytes());
                answer = call.required();
            }
            return SandboxMessages.view(answer.getTemplate());
        }
    }

    /** Returns the templates, the newest first. */
    public List<SnapshotView> templates() {
        return connection
                .answer(() -> calls().listTemplates(ListTemplatesRequest.getDefaultInstance()))
                .getTemplatesList()
                .stream()
                .map(SandboxMessages::view)
                .toList();
    }

    /** Deletes the template with an id or name; returns false if there is none. */
    public boolean deleteTemplate(String template) {
        DeleteTemplateRequest message =
                DeleteTemplateRequest.newBuilder().setTemplateId(template).build();
        return connection.answer(() -> calls().deleteTemplate(message).getDeleted());
    }

    /** Sets the rest of a sandbox's life; zero ends or pauses it. */
    public SandboxView setTimeout(String id, Duration timeout) {
        SetTimeoutRequest message = SetTimeoutRequest.newBuilder()
                .setSandboxId(id)
                .setTimeoutSecs((int) timeout.toSeconds())
                .build();
        return SandboxMessages.view(
                connection.answer(() -> calls().setTimeout(message).getSandbox()));
    }

    /** Ends a sandbox; returns false if it had ended before. */
    public boolean kill(String id) {
        KillRequest message = KillRequest.newBuilder().setSandboxId(id).build();
        return connection.answer(() -> calls().kill(message).getKilled());
    }

    /** Returns the measurements of the last hour. */
    public List<SandboxUsage> usage(String id) {
        MetricsRequest message = MetricsRequest.newBuilder().setSandboxId(id).build();
        return connection.answer(() -> calls().metrics(message)).getPointsList().stream()
                .map(SandboxMessages::usage)
                .toList();
    }

    /**
     * Reports changes of sandboxes; never returns. Interrupting the thread ends the watch.
     *
     * @throws NeuroVisorException {@code STOPPING} when the daemon shuts down, after the last change; {@code WATCH_LIMIT} if
     *     the listener is too slow
     */
    public void watch(Consumer<SandboxChange> listener) {
        try (DaemonCall<?, WatchResponse> call = new DaemonCall<>(
                connection,
                SandboxServiceGrpc.newBlockingV2Stub(connection.calls()).watch(WatchRequest.getDefaultInstance()))) {
            while (true) {
                listener.accept(SandboxMessages.change(call.required()));
            }
        }
    }

    /** Returns the processes of a sandbox. Closing this client detaches from them. */
    public GuestProcesses processes(String id) {
        return new DaemonProcesses(connection, id);
    }

    /** Returns the files of a sandbox. Closing this client ends what is being read or written. */
    public GuestFiles files(String id) {
        return new DaemonFiles(connection, id);
    }

    /** Returns the code interpreter of a sandbox. Closing this client interrupts the cells that it has started. */
    public GuestInterpreter interpreter(String id) {
        return new DaemonInterpreter(connection, id);
    }

    private SandboxServiceBlockingV2Stub calls() {
        return SandboxServiceGrpc.newBlockingV2Stub(connection.calls())
                .withDeadlineAfter(ANSWER.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        connection.close();
    }
}
