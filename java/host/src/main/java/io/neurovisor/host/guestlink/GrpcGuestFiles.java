package io.neurovisor.host.guestlink;

import com.google.protobuf.MessageLite;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.guest.Credit;
import io.neurovisor.proto.guest.GuestFileServiceGrpc;
import io.neurovisor.proto.guest.GuestReadRequest;
import io.neurovisor.proto.guest.GuestWatchFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.MakeDirectoryRequest;
import io.neurovisor.proto.sandbox.MoveRequest;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.RemoveRequest;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.proto.sandbox.WatchFilesRequest;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** The files of a guest, by gRPC. */
final class GrpcGuestFiles implements GuestFiles {
    /** How long the guest may send nothing of a file that is read, and take nothing of one that is written. */
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

    /** A watch has no events while nothing changes. */
    private static final Duration ENDLESS = Duration.ofNanos(Long.MAX_VALUE);

    /** gRPC's own threshold is less than a message, so that each message would wait for the one before to leave. */
    private static final int READY_BYTES = 256 << 10;

    private final GuestConnection connection;
    private final GuestFileMessages messages;
    private final Duration longestSilence;

    GrpcGuestFiles(GuestConnection connection) {
        this(connection, LONGEST_SILENCE);
    }

    /** @param longestSilence how long the guest may make no progress with a file */
    GrpcGuestFiles(GuestConnection connection, Duration longestSilence) {
        this.connection = connection;
        this.messages = new GuestFileMessages(connection);
        this.longestSilence = longestSilence;
    }

    @Override
    public FileReader read(String path, long offset, Optional<Long> length, Deadline deadline) {
        ReadRequest request = ReadRequest.newBuilder()
                .setPath(path)
                .setOffset(offset)
                .setLength(length.orElse(0L))
                .build();
        GuestStream<GuestReadRequest, ReadResponse> stream = new GuestStream<>(
                connection,
                GuestFileServiceGrpc.getReadMethod(),
                bytes -> GuestReadRequest.newBuilder().setCredit(credit(bytes)).build(),
                new GrpcFileReader.Rules(request),
                longestSilence);
        ReadResponse first =
                begun(stream, GuestReadRequest.newBuilder().setRead(request).build(), deadline);
        return new GrpcFileReader(stream, messages.entry(first.getEntry()), first);
    }

    /** Returns the first message of a stream. */
    private <Q, A extends MessageLite> A begun(GuestStream<Q, A> stream, Q request, Deadline deadline) {
        stream.begin(request, deadline);
        return stream.next().orElseThrow(() -> connection.violated("ended a stream without a message"));
    }

    @Override
    public FileWriter write(FileTarget target) {
        return new GrpcFileWriter(
                connection,
                GuestConnection.apart(() -> GuestFileServiceGrpc.newBlockingV2Stub(connection.channel())
                        .withOnReadyThreshold(READY_BYTES)
                        .write()),
                target,
                longestSilence);
    }

    @Override
    public FileEntry stat(String path, Deadline deadline) {
        StatRequest request = StatRequest.newBuilder().setPath(path).build();
        return messages.entry(call(deadline, stub -> stub.stat(request)).getEntry());
    }

    @Override
    public FilePage list(String path, int depth, int pageSize, Optional<String> from, Deadline deadline) {
        ListFilesRequest request = ListFilesRequest.newBuilder()
                .setPath(path)
                .setDepth(depth)
                .setPageSize(pageSize)
                .setPageToken(from.orElse(""))
                .build();
        return messages.page(call(deadline, stub -> stub.listFiles(request)), pageSize, from);
    }

    @Override
    public boolean makeDirectory(String path, OptionalInt permissions, Deadline deadline) {
        MakeDirectoryRequest request = MakeDirectoryRequest.newBuilder()
                .setPath(path)
                .setPermissions(permissions.orElse(0))
                .build();
        return call(deadline, stub -> stub.makeDirectory(request)).getCreated();
    }

    @Override
    public FileEntry move(String source, String destination, Deadline deadline) {
        MoveRequest request = MoveRequest.newBuilder()
                .setSource(source)
                .setDestination(destination)
                .build();
        return messages.entry(call(deadline, stub -> stub.move(request)).getEntry());
    }

    @Override
    public void remove(String path, boolean recursive, Deadline deadline) {
        RemoveRequest request =
                RemoveRequest.newBuilder().setPath(path).setRecursive(recursive).build();
        call(deadline, stub -> stub.remove(request));
    }

    @Override
    public FileEntry setAttributes(String path, FileAttributes attributes, Deadline deadline) {
        return messages.entry(call(deadline, stub -> stub.setAttributes(GuestFileMessages.attributes(path, attributes)))
                .getEntry());
    }

    @Override
    public FileEvents watch(String path, boolean recursive, Deadline deadline) {
        GuestWatchFilesRequest request = GuestWatchFilesRequest.newBuilder()
                .setWatch(WatchFilesRequest.newBuilder().setPath(path).setRecursive(recursive))
                .build();
        GuestStream<GuestWatchFilesRequest, WatchFilesResponse> stream = new GuestStream<>(
                connection,
                GuestFileServiceGrpc.getWatchFilesMethod(),
                bytes -> GuestWatchFilesRequest.newBuilder()
                        .setCredit(credit(bytes))
                        .build(),
                new GrpcFileEvents.Rules(),
                ENDLESS);
        WatchFilesResponse _ = begun(stream, request, deadline);
        return new GrpcFileEvents(messages, stream);
    }

    private static Credit credit(int bytes) {
        return Credit.newBuilder().setBytes(bytes).build();
    }

    private <T> T call(Deadline deadline, Function<GuestFileServiceGrpc.GuestFileServiceBlockingStub, T> call) {
        return connection.answer(
                () -> call.apply(GuestConnection.withDeadline(
                        GuestFileServiceGrpc.newBlockingStub(connection.channel()), deadline)),
                GuestFileStatus::failure);
    }
}
