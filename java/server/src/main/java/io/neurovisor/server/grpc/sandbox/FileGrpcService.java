package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
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
import io.neurovisor.server.grpc.RequestStream;
import io.neurovisor.server.grpc.ServedCall;
import io.neurovisor.server.grpc.guard.PendingResponse;
import java.time.Duration;
import java.util.Optional;

/** The files of clients' sandboxes. Content is stored nowhere between client and guest: the slower one sets the pace. */
public final class FileGrpcService extends FileServiceGrpc.FileServiceImplBase {
    /** How long a guest may take for its first answer. Removing or listing many files takes seconds. */
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);

    /** How long a client may send nothing of a file. */
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

    /** A guest sends 256 KiB of a file ahead of its reader. */
    private static final int READ_BYTES = (256 << 10) + ServedCall.TRANSPORT_BYTES;

    /** A guest sends 64 KiB of events ahead of its reader. */
    private static final int WATCH_BYTES = (64 << 10) + ServedCall.TRANSPORT_BYTES;

    private final RunningSandboxes sandboxes;

    public FileGrpcService(RunningSandboxes sandboxes) {
        this.sandboxes = sandboxes;
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            long offset = FileRequests.position("offset", request.getOffset());
            Optional<Long> length = Optional.of(FileRequests.position("length", request.getLength()))
                    .filter(bytes -> bytes > 0);
            // From the beginning, because it is in memory soon, and so that a file is refused rather than broken off.
            PendingResponse.current().require(READ_BYTES);
            try (FileReader reader = files(request.getSandboxId()).read(path, offset, length, deadline())) {
                call.send(ReadResponse.newBuilder()
                        .setEntry(FileProtos.entry(reader.entry()))
                        .build());
                call.sendAll(() -> reader.next()
                        .map(part -> ReadResponse.newBuilder()
                                .setData(UnsafeByteOperations.unsafeWrap(part))
                                .build()));
            }
        });
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> client) {
        return ServedCall.beginStream(client, (requests, call) -> {
            WriteRequest first = requests.next(LONGEST_SILENCE)
                    .filter(WriteRequest::hasTarget)
                    .orElseThrow(() -> NeuroVisorException.invalid("target", "the first message has no target"));
            ByteString content = FileRequests.content(first);
            try (FileWriter writer =
                    files(first.getTarget().getSandboxId()).write(FileRequests.target(first.getTarget()))) {
                writer.write(content.asReadOnlyByteBuffer());
                pass(requests, writer);
                call.send(WriteResponse.newBuilder()
                        .setEntry(FileProtos.entry(writer.finish()))
                        .build());
            }
        });
    }

    private static void pass(RequestStream<WriteRequest> requests, FileWriter writer) {
        for (Optional<WriteRequest> next = requests.next(LONGEST_SILENCE);
                next.isPresent();
                next = requests.next(LONGEST_SILENCE)) {
            if (next.get().hasTarget()) {
                throw NeuroVisorException.invalid("target", "only the first message has a target");
            }
            writer.write(FileRequests.content(next.get()).asReadOnlyByteBuffer());
        }
    }

    @Override
    public void stat(StatRequest request, StreamObserver<StatResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            call.send(StatResponse.newBuilder()
                    .setEntry(FileProtos.entry(files(request.getSandboxId()).stat(path, deadline())))
                    .build());
        });
    }

    @Override
    public void listFiles(ListFilesRequest request, StreamObserver<ListFilesResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            int depth = FileRequests.depth(request.getDepth());
            int pageSize = FileRequests.pageSize(request.getPageSize());
            Optional<String> from = FileRequests.pageToken(request.getPageToken());
            FilePage page = files(request.getSandboxId()).list(path, depth, pageSize, from, deadline());
            call.send(ListFilesResponse.newBuilder()
                    .addAllEntries(
                            page.entries().stream().map(FileProtos::entry).toList())
                    .setNextPageToken(page.next().orElse(""))
                    .build());
        });
    }

    @Override
    public void makeDirectory(MakeDirectoryRequest request, StreamObserver<MakeDirectoryResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            GuestFiles files = files(request.getSandboxId());
            boolean created =
                    files.makeDirectory(path, FileRequests.permissionsOrUsual(request.getPermissions()), deadline());
            call.send(MakeDirectoryResponse.newBuilder()
                    .setEntry(FileProtos.entry(files.stat(path, deadline())))
                    .setCreated(created)
                    .build());
        });
    }

    @Override
    public void move(MoveRequest request, StreamObserver<MoveResponse> client) {
        ServedCall.begin(client, call -> {
            String source = FileRequests.path("source", request.getSource());
            String destination = FileRequests.path("destination", request.getDestination());
            call.send(MoveResponse.newBuilder()
                    .setEntry(FileProtos.entry(files(request.getSandboxId()).move(source, destination, deadline())))
                    .build());
        });
    }

    @Override
    public void remove(RemoveRequest request, StreamObserver<RemoveResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            files(request.getSandboxId()).remove(path, request.getRecursive(), deadline());
            call.send(RemoveResponse.getDefaultInstance());
        });
    }

    @Override
    public void setAttributes(SetAttributesRequest request, StreamObserver<SetAttributesResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            call.send(SetAttributesResponse.newBuilder()
                    .setEntry(FileProtos.entry(files(request.getSandboxId())
                            .setAttributes(path, FileRequests.attributes(request), deadline())))
                    .build());
        });
    }

    @Override
    public void watchFiles(WatchFilesRequest request, StreamObserver<WatchFilesResponse> client) {
        ServedCall.begin(client, call -> {
            String path = FileRequests.path("path", request.getPath());
            call.holdsUnread(WATCH_BYTES);
            try (FileEvents events = files(request.getSandboxId()).watch(path, request.getRecursive(), deadline())) {
                call.send(WatchFilesResponse.getDefaultInstance());
                while (true) {
                    call.send(FileProtos.events(events.next()));
                }
            }
        });
    }

    private GuestFiles files(String sandboxId) {
        return sandboxes.require(sandboxId).files();
    }

    private static Deadline deadline() {
        return Deadline.after(ANSWER_LIMIT, Ticker.SYSTEM);
    }
}
