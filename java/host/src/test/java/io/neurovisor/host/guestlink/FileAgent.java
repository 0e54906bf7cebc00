package io.neurovisor.host.guestlink;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.GuestFileServiceGrpc;
import io.neurovisor.proto.guest.GuestReadRequest;
import io.neurovisor.proto.guest.GuestWatchFilesRequest;
import io.neurovisor.proto.sandbox.FileEventKind;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.MakeDirectoryRequest;
import io.neurovisor.proto.sandbox.MakeDirectoryResponse;
import io.neurovisor.proto.sandbox.MoveRequest;
import io.neurovisor.proto.sandbox.MoveResponse;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.RemoveRequest;
import io.neurovisor.proto.sandbox.RemoveResponse;
import io.neurovisor.proto.sandbox.SetAttributesRequest;
import io.neurovisor.proto.sandbox.SetAttributesResponse;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.proto.sandbox.StatResponse;
import io.neurovisor.proto.sandbox.WatchFilesRequest;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import io.neurovisor.testkit.FakeFiles;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The file service of a guest agent, on {@link FakeFiles}. It sends content only as far as it has credit. */
class FileAgent extends GuestFileServiceGrpc.GuestFileServiceImplBase {
    private final FakeFiles files = new FakeFiles();

    @Override
    public StreamObserver<GuestReadRequest> read(StreamObserver<ReadResponse> host) {
        Semaphore credit = new Semaphore(0);
        return new Requests<>(host) {
            @Override
            public void onNext(GuestReadRequest request) {
                if (request.hasRead()) {
                    Thread _ =
                            Thread.startVirtualThread(() -> serve(host, () -> send(request.getRead(), credit, host)));
                } else {
                    credit.release(request.getCredit().getBytes());
                }
            }
        };
    }

    private boolean send(ReadRequest request, Semaphore credit, StreamObserver<ReadResponse> host) {
        Optional<Long> length = Optional.of(request.getLength()).filter(bytes -> bytes > 0);
        try (FileReader reader = files.read(request.getPath(), request.getOffset(), length, deadline())) {
            host.onNext(
                    ReadResponse.newBuilder().setEntry(entry(reader.entry())).build());
            for (Optional<ByteBuffer> part = reader.next(); part.isPresent(); part = reader.next()) {
                credit.acquireUninterruptibly(part.get().remaining());
                host.onNext(ReadResponse.newBuilder()
                        .setData(ByteString.copyFrom(part.get()))
                        .build());
            }
            host.onCompleted();
        }
        return true;
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> host) {
        return new Requests<>(host) {
            private @Nullable FileWriter writer;

            @Override
            public void onNext(WriteRequest request) {
                serve(host, () -> {
                    if (writer == null) {
                        writer = files.write(target(request.getTarget()));
                    }
                    writer.write(request.getData().asReadOnlyByteBuffer());
                    return true;
                });
            }

            @Override
            public void onCompleted() {
                answer(
                        host,
                        () -> WriteResponse.newBuilder()
                                .setEntry(entry(requireNonNull(writer, "nothing was sent")
                                        .finish()))
                                .build());
            }
        };
    }

    private static FileTarget target(WriteTarget target) {
        return new FileTarget(
                target.getPath(),
                switch (target.getWriteMode()) {
                    case WRITE_MODE_UNSPECIFIED, WRITE_MODE_REPLACE -> new WriteMode.Replace();
                    case WRITE_MODE_APPEND -> new WriteMode.Append();
                    case WRITE_MODE_CREATE_NEW -> new WriteMode.CreateNew();
                    case WRITE_MODE_RANGE -> new WriteMode.Range(target.getOffset());
                    case UNRECOGNIZED -> throw new AssertionError(target);
                },
                permissions(target.getPermissions()),
                buffers(target.getXattrsMap()));
    }

    @Override
    public void stat(StatRequest request, StreamObserver<StatResponse> host) {
        answer(
                host,
                () -> StatResponse.newBuilder()
                        .setEntry(entry(files.stat(request.getPath(), deadline())))
                        .build());
    }

    @Override
    public void listFiles(ListFilesRequest request, StreamObserver<ListFilesResponse> host) {
        answer(host, () -> {
            FilePage page = files.list(
                    request.getPath(),
                    request.getDepth(),
                    request.getPageSize(),
                    Optional.of(request.getPageToken()).filter(token -> !token.isEmpty()),
                    deadline());
            return ListFilesResponse.newBuilder()
                    .addAllEntries(page.entries().stream().map(FileAgent::entry).toList())
                    .setNextPageToken(page.next().orElse(""))
                    .build();
        });
    }

    @Override
    public void makeDirectory(MakeDirectoryRequest request, StreamObserver<MakeDirectoryResponse> host) {
        answer(
                host,
                () -> MakeDirectoryResponse.newBuilder()
                        .setCreated(files.makeDirectory(
                                request.getPath(), permissions(request.getPermissions()), deadline()))
                        .build());
    }

    @Override
    public void move(MoveRequest request, StreamObserver<MoveResponse> host) {
        answer(
                host,
                () -> MoveResponse.newBuilder()
                        .setEntry(entry(files.move(request.getSource(), request.getDestination(), deadline())))
                        .build());
    }

    @Override
    public void remove(RemoveRequest request, StreamObserver<RemoveResponse> host) {
        answer(host, () -> {
            files.remove(request.getPath(), request.getRecursive(), deadline());
            return RemoveResponse.getDefaultInstance();
        });
    }

    @Override
    public void setAttributes(SetAttributesRequest request, StreamObserver<SetAttributesResponse> host) {
        answer(
                host,
                () -> SetAttributesResponse.newBuilder()
                        .setEntry(entry(files.setAttributes(
                                request.getPath(),
                                new FileAttributes(
                                        request.hasPermissions()
                                                ? OptionalInt.of(request.getPermissions())
                                                : OptionalInt.empty(),
                                        buffers(request.getXattrsMap()),
                                        Set.copyOf(request.getRemovedXattrsList())),
                                deadline())))
                        .build());
    }

    @Override
    public StreamObserver<GuestWatchFilesRequest> watchFiles(StreamObserver<WatchFilesResponse> host) {
        Semaphore credit = new Semaphore(0);
        return new Requests<>(host) {
            @Override
            public void onNext(GuestWatchFilesRequest request) {
                if (request.hasWatch()) {
                    Thread _ =
                            Thread.startVirtualThread(() -> serve(host, () -> send(request.getWatch(), credit, host)));
                } else {
                    credit.release(request.getCredit().getBytes());
                }
            }
        };
    }

    /** Sends events until the host has cancelled the call, which makes sending throw. */
    private boolean send(WatchFilesRequest request, Semaphore credit, StreamObserver<WatchFilesResponse> host) {
        try (FileEvents events = files.watch(request.getPath(), request.getRecursive(), deadline())) {
            host.onNext(WatchFilesResponse.getDefaultInstance());
            while (true) {
                List<io.neurovisor.proto.sandbox.FileEvent> next =
                        events.next().stream().map(FileAgent::event).toList();
                credit.acquireUninterruptibly(
                        next.stream().mapToInt(GuestFileMessages::bytes).sum());
                host.onNext(WatchFilesResponse.newBuilder().addAllEvents(next).build());
            }
        }
    }

    private static io.neurovisor.proto.sandbox.FileEvent event(FileEvent event) {
        return switch (event) {
            case FileEvent.Created(String path) -> event(FileEventKind.FILE_EVENT_KIND_CREATED, path, "");
            case FileEvent.Written(String path) -> event(FileEventKind.FILE_EVENT_KIND_WRITTEN, path, "");
            case FileEvent.Removed(String path) -> event(FileEventKind.FILE_EVENT_KIND_REMOVED, path, "");
            case FileEvent.Renamed(String path, String to) -> event(FileEventKind.FILE_EVENT_KIND_RENAMED, path, to);
            case FileEvent.AttributesChanged(String path) -> event(FileEventKind.FILE_EVENT_KIND_ATTRIBUTES, path, "");
            case FileEvent.Overflow() -> event(FileEventKind.FILE_EVENT_KIND_OVERFLOW, "", "");
        };
    }

    static io.neurovisor.proto.sandbox.FileEvent event(FileEventKind kind, String path, String to) {
        return io.neurovisor.proto.sandbox.FileEvent.newBuilder()
                .setKind(kind)
                .setPath(path)
                .setTo(to)
                .build();
    }

    private static io.neurovisor.proto.sandbox.FileEntry entry(FileEntry entry) {
        return io.neurovisor.proto.sandbox.FileEntry.newBuilder()
                .setName(entry.name())
                .setPath(entry.path())
                .setType(
                        entry.type() == FileType.FILE
                                ? io.neurovisor.proto.sandbox.FileType.FILE_TYPE_FILE
                                : io.neurovisor.proto.sandbox.FileType.FILE_TYPE_DIRECTORY)
                .setSize(entry.size())
                .setMode(entry.mode())
                .setOwner(entry.owner())
                .setGroup(entry.group())
                .setModified(Timestamp.newBuilder().setSeconds(entry.modified().getEpochSecond()))
                .putAllXattrs(entry.xattrs().entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                xattr -> ByteString.copyFrom(xattr.getValue().duplicate()))))
                .build();
    }

    private static Map<String, ByteBuffer> buffers(Map<String, ByteString> xattrs) {
        return xattrs.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, xattr -> xattr.getValue().asReadOnlyByteBuffer()));
    }

    private static OptionalInt permissions(int permissions) {
        return permissions == 0 ? OptionalInt.empty() : OptionalInt.of(permissions);
    }

    private static <A> void answer(StreamObserver<A> host, Supplier<A> answer) {
        serve(host, () -> {
            host.onNext(answer.get());
            host.onCompleted();
            return true;
        });
    }

    private static void serve(StreamObserver<?> host, Supplier<Boolean> work) {
        try {
            boolean _ = work.get();
        } catch (NeuroVisorException exception) {
            host.onError(status(exception).asRuntimeException());
        }
    }

    private static Status status(NeuroVisorException exception) {
        String message = String.valueOf(exception.getMessage());
        String named = exception.fault().name() + ": " + message;
        return switch (exception.fault()) {
            case FILE_UNKNOWN -> Status.NOT_FOUND.withDescription(message);
            case FILE_EXISTS -> Status.ALREADY_EXISTS.withDescription(message);
            case FILE_FORBIDDEN -> Status.PERMISSION_DENIED.withDescription(message);
            case NOT_A_DIRECTORY, NOT_EMPTY -> Status.FAILED_PRECONDITION.withDescription(named);
            case DISK_FULL -> Status.RESOURCE_EXHAUSTED.withDescription(named);
            case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT.withDescription(message);
            default -> Status.INTERNAL.withDescription(message);
        };
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }

    /** The requests of a stream. The end of the host's half needs no answer. */
    private abstract static class Requests<Q> implements StreamObserver<Q> {
        Requests(StreamObserver<?> host) {
            ((io.grpc.stub.ServerCallStreamObserver<?>) host).setOnCancelHandler(() -> {});
        }

        @Override
        public void onError(Throwable cancelled) {}

        @Override
        public void onCompleted() {}
    }
}
