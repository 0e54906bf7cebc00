package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.FileServiceGrpc.FileServiceBlockingV2Stub;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.MakeDirectoryRequest;
import io.neurovisor.proto.sandbox.MoveRequest;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.RemoveRequest;
import io.neurovisor.proto.sandbox.RemoveResponse;
import io.neurovisor.proto.sandbox.SetAttributesRequest;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.proto.sandbox.WatchFilesRequest;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.server.client.DaemonConnection;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** The files of a sandbox, by calls of its daemon. Failures are those of {@link SandboxClient}. */
record DaemonFiles(DaemonConnection connection, String sandbox) implements GuestFiles {
    /** gRPC's own threshold is less than a message, so that each message would wait for the one before to leave. */
    private static final int READY_BYTES = 256 << 10;

    /** The daemon ends a call sooner whose guest makes no progress. */
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);

    @Override
    public FileReader read(String path, long offset, Optional<Long> length, Deadline deadline) {
        ReadRequest request = ReadRequest.newBuilder()
                .setSandboxId(sandbox)
                .setPath(path)
                .setOffset(offset)
                .setLength(length.orElse(0L))
                .build();
        DaemonCall<?, ReadResponse> call = new DaemonCall<>(connection, stub().read(request));
        FileEntry entry = FileMessages.entry(call.first(deadline).getEntry());
        return new FileReader() {
            @Override
            public FileEntry entry() {
                return entry;
            }

            @Override
            public Optional<ByteBuffer> next() {
                return call.next(LONGEST_SILENCE).map(part -> part.getData().asReadOnlyByteBuffer());
            }

            @Override
            public void close() {
                call.close();
            }
        };
    }

    @Override
    public FileWriter write(FileTarget target) {
        DaemonCall<WriteRequest, WriteResponse> call = new DaemonCall<>(
                connection, stub().withOnReadyThreshold(READY_BYTES).write());
        return new DaemonFileWriter(call, FileMessages.message(sandbox, target), LONGEST_SILENCE);
    }

    @Override
    public FileEntry stat(String path, Deadline deadline) {
        StatRequest request =
                StatRequest.newBuilder().setSandboxId(sandbox).setPath(path).build();
        return FileMessages.entry(
                connection.answer(() -> stub(deadline).stat(request)).getEntry());
    }

    @Override
    public FilePage list(String path, int depth, int pageSize, Optional<String> from, Deadline deadline) {
        ListFilesRequest request = ListFilesRequest.newBuilder()
                .setSandboxId(sandbox)
                .setPath(path)
                .setDepth(depth)
                .setPageSize(pageSize)
                .setPageToken(from.orElse(""))
                .build();
        ListFilesResponse page = connection.answer(() -> stub(deadline).listFiles(request));
        return new FilePage(
                page.getEntriesList().stream().map(FileMessages::entry).toList(),
                Optional.of(page.getNextPageToken()).filter(token -> !token.isEmpty()));
    }

    @Override
    public boolean makeDirectory(String path, OptionalInt permissions, Deadline deadline) {
        MakeDirectoryRequest request = MakeDirectoryRequest.newBuilder()
                .setSandboxId(sandbox)
                .setPath(path)
                .setPermissions(permissions.orElse(0))
                .build();
        return connection.answer(() -> stub(deadline).makeDirectory(request)).getCreated();
    }

    @Override
    public FileEntry move(String source, String destination, Deadline deadline) {
        MoveRequest request = MoveRequest.newBuilder()
                .setSandboxId(sandbox)
                .setSource(source)
                .setDestination(destination)
                .build();
        return FileMessages.entry(
                connection.answer(() -> stub(deadline).move(request)).getEntry());
    }

    @Override
    public void remove(String path, boolean recursive, Deadline deadline) {
        RemoveRequest request = RemoveRequest.newBuilder()
                .setSandboxId(sandbox)
                .setPath(path)
                .setRecursive(recursive)
                .build();
        RemoveResponse _ = connection.answer(() -> stub(deadline).remove(request));
    }

    @Override
    public FileEntry setAttributes(String path, FileAttributes attributes, Deadline deadline) {
        SetAttributesRequest.Builder request = SetAttributesRequest.newBuilder()
                .setSandboxId(sandbox)
                .setPath(path)
                .putAllXattrs(FileMessages.bytes(attributes.xattrs()))
                .addAllRemovedXattrs(attributes.removedXattrs());
        attributes.permissions().ifPresent(request::setPermissions);
        return FileMessages.entry(connection
                .answer(() -> stub(deadline).setAttributes(request.build()))
                .getEntry());
    }

    @Override
    public FileEvents watch(String path, boolean recursive, Deadline deadline) {
        WatchFilesRequest request = WatchFilesRequest.newBuilder()
                .setSandboxId(sandbox)
                .setPath(path)
                .setRecursive(recursive)
                .build();
        DaemonCall<?, WatchFilesResponse> call = new DaemonCall<>(connection, stub().watchFiles(request));
        WatchFilesResponse _ = call.first(deadline);
        return new FileEvents() {
            @Override
            public List<FileEvent> next() {
                return call.required().getEventsList().stream()
                        .map(FileMessages::event)
                        .toList();
            }

            @Override
            public void close() {
                call.close();
            }
        };
    }

    private FileServiceBlockingV2Stub stub() {
        return FileServiceGrpc.newBlockingV2Stub(connection.calls());
    }

    private FileServiceBlockingV2Stub stub(Deadline deadline) {
        return stub().withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }
}
