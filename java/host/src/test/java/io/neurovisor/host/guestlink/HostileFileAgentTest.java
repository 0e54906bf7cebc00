package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.GuestFileServiceGrpc;
import io.neurovisor.proto.guest.GuestReadRequest;
import io.neurovisor.proto.guest.GuestWatchFilesRequest;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.FileEventKind;
import io.neurovisor.proto.sandbox.FileType;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.proto.sandbox.StatResponse;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Agents that a compromised guest could run: each ends its own connection, and the host keeps nothing of it. */
@Timeout(60)
final class HostileFileAgentTest {
    private static final FileEntry ENTRY = FileEntry.newBuilder()
            .setName("file")
            .setPath("/home/user/file")
            .setType(FileType.FILE_TYPE_FILE)
            .build();

    @Test
    void sendsMoreThanItWasAskedFor() throws IOException {
        assertLost(reading(data(10), data(10)), "sent 5 bytes more of a file than it was asked for", files -> {
            try (FileReader reader = files.read("file", 0, Optional.of(15L), deadline())) {
                while (reader.next().isPresent()) {
                    assertThat(reader.entry().name()).isEqualTo("file");
                }
            }
        });
    }

    @Test
    void sendsMoreThanTheFileHas() throws IOException {
        FileEntry entry = ENTRY.toBuilder().setSize(15).build();
        assertLost(
                reading(entry, data(10), data(10)),
                "sent 5 bytes more of a file than it was asked for",
                HostileFileAgentTest::read);
    }

    @Test
    void sendsEmptyParts() throws IOException {
        assertLost(reading(data(0)), "sent a part of a file without content", HostileFileAgentTest::read);
    }

    @Test
    void sendsPartsThatAreTooLarge() throws IOException {
        assertLost(reading(data((64 << 10) + 1)), "sent a part of a file of 65537 bytes", HostileFileAgentTest::read);
    }

    @Test
    void sendsFieldsThatTheHostDoesNotKnow() throws IOException {
        UnknownFieldSet.Field padding = UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFrom(new byte[100]))
                .build();
        UnknownFieldSet unknown =
                UnknownFieldSet.newBuilder().addField(1000, padding).build();
        assertLost(
                reading(data(1).toBuilder().setUnknownFields(unknown).build()),
                "sent a message of 106 bytes with 1 bytes of content",
                HostileFileAgentTest::read);
        assertLost(
                watching(WatchFilesResponse.newBuilder()
                        .setUnknownFields(unknown)
                        .build()),
                "sent a message of 103 bytes with 0 bytes of content",
                HostileFileAgentTest::watch);
    }

    @Test
    void sendsNoEntry() throws IOException {
        assertLost(
                new FileAgent() {
                    @Override
                    public StreamObserver<GuestReadRequest> read(StreamObserver<ReadResponse> host) {
                        host.onNext(data(1));
                        return ignoring();
                    }
                },
                "did not send the entry of a file",
                HostileFileAgentTest::read);
    }

    static Stream<Arguments> badEntries() {
        return Stream.of(
                Arguments.of(ENTRY.toBuilder().setSize(-1).build(), "sent a file of -1 bytes"),
                Arguments.of(ENTRY.toBuilder().setMode(1 << 20).build(), "mode 4000000"),
                Arguments.of(ENTRY.toBuilder().setPath("file").build(), "whose path is not absolute"),
                Arguments.of(ENTRY.toBuilder().setPath("/a\0b").build(), "that no file can have"),
                Arguments.of(ENTRY.toBuilder().setName("../file").build(), "whose name has a slash"),
                Arguments.of(ENTRY.toBuilder().clearType().build(), "of an unknown type"),
                Arguments.of(ENTRY.toBuilder().setTypeValue(77).build(), "of an unknown type"));
    }

    @ParameterizedTest
    @MethodSource("badEntries")
    void sendsAnEntryThatNoFileHas(FileEntry entry, String reason) throws IOException {
        assertLost(stating(entry), reason, files -> files.stat("file", deadline()));
    }

    /** Programs choose names and times, so they are no violation. */
    @Test
    void unusualFilesAreLegitimate() throws IOException {
        FileEntry entry = ENTRY.toBuilder()
                .setName("\u001b[2Ja\n")
                .setPath("/home/user/\u001b[2Ja\n")
                .setOwner("\u001b[31mroot")
                .setModified(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE).setNanos(-5))
                .build();
        try (ServedGuest guest = new ServedGuest(stating(entry))) {
            io.neurovisor.engine.file.FileEntry known = new GrpcGuestFiles(guest.connection()).stat("file", deadline());
            assertThat(known.name()).isEqualTo("\u001b[2Ja\n");
            assertThat(known.owner()).isEqualTo("[31mroot");
            assertThat(known.modified()).isEqualTo(Instant.parse("9999-12-31T23:59:59Z"));
        }
    }

    @Test
    void cleansTheTextOfErrors() throws IOException {
        FileAgent agent = new FileAgent() {
            @Override
            public void stat(StatRequest request, StreamObserver<StatResponse> host) {
                host.onError(Status.NOT_FOUND
                        .withDescription("no \u001b[2Jfile\nneurovisor: all is well")
                        .asRuntimeException());
            }
        };
        try (ServedGuest guest = new ServedGuest(agent)) {
            assertThatThrownBy(() -> new GrpcGuestFiles(guest.connection()).stat("file", deadline()))
                    .hasMessage("no [2Jfile | neurovisor: all is well");
        }
    }

    static Stream<Arguments> badPages() {
        return Stream.of(
                Arguments.of(page("", "a", "b", "b"), "sent an unsorted list of files"),
                Arguments.of(page("", "a.txt", "a"), "sent an unsorted list of files"),
                Arguments.of(page("", "a.txt", "a/b"), "sent an unsorted list of files"),
                Arguments.of(page("more"), "sent a list of files that does not go on"),
                Arguments.of(page("token", "a"), "sent a list of files that does not go on"),
                Arguments.of(page("t".repeat(20_000), "a"), "sent a list of files that does not go on"),
                Arguments.of(
                        page(
                                "",
                                IntStream.range(1000, 3001)
                                        .mapToObj(Integer::toString)
                                        .toArray(String[]::new)),
                        "listed 2001 files on a page of 1000"));
    }

    @ParameterizedTest
    @MethodSource("badPages")
    void listsForEver(ListFilesResponse page, String reason) throws IOException {
        assertLost(listing(page), reason, files -> files.list("directory", 1, 1000, Optional.of("token"), deadline()));
    }

    @Test
    void listsTenThousandFiles() throws IOException {
        String[] names =
                IntStream.range(10_000, 20_000).mapToObj(Integer::toString).toArray(String[]::new);
        assertLost(
                listing(page("", names)),
                "gRPC message exceeds maximum size 131072",
                files -> files.list("directory", 1, 1000, Optional.empty(), deadline()));
    }

    @Test
    void watchesWithoutConfirmation() throws IOException {
        assertLost(
                watching(events(1)),
                "sent events of a watch before it was confirmed",
                files -> files.watch("directory", true, deadline()));
    }

    @Test
    void sendsEventsWithoutCredit() throws IOException {
        assertLost(
                watching(WatchFilesResponse.getDefaultInstance(), events(1024)),
                "with a credit of",
                HostileFileAgentTest::watch);
    }

    @Test
    void sendsEmptyMessagesOfAWatch() throws IOException {
        WatchFilesResponse empty = WatchFilesResponse.getDefaultInstance();
        assertLost(watching(empty, empty), "sent a message of a watch without an event", HostileFileAgentTest::watch);
    }

    @Test
    void confirmsAFileTwice() throws IOException {
        // The server of gRPC allows several messages only where the method does.
        MethodDescriptor<WriteRequest, WriteResponse> method = GuestFileServiceGrpc.getWriteMethod().toBuilder()
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .build();
        ServerServiceDefinition service = ServerServiceDefinition.builder(
                        new ServiceDescriptor(GuestFileServiceGrpc.SERVICE_NAME, method))
                .addMethod(method, ServerCalls.asyncBidiStreamingCall(host -> new Ignoring<>() {
                    @Override
                    public void onCompleted() {
                        host.onNext(WriteResponse.newBuilder().setEntry(ENTRY).build());
                        host.onNext(WriteResponse.newBuilder().setEntry(ENTRY).build());
                    }
                }))
                .build();
        assertLost(() -> service, "confirmed a file twice", files -> write(files, 1));
    }

    @Test
    void takesNoContent() throws IOException {
        FileAgent agent = new FileAgent() {
            @Override
            public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> host) {
                ((ServerCallStreamObserver<WriteResponse>) host).disableAutoRequest();
                return ignoring();
            }
        };
        try (ServedGuest guest = new ServedGuest(agent)) {
            GuestFiles files = new GrpcGuestFiles(guest.connection(), Duration.ofMillis(200));
            assertFault(Fault.GUEST_SILENT, () -> write(files, 1000));
        }
    }

    @Test
    void doesNotConfirmAFile() throws IOException {
        try (ServedGuest guest = new ServedGuest(writing(_ -> {}))) {
            GuestFiles files = new GrpcGuestFiles(guest.connection(), Duration.ofMillis(200));
            assertFault(Fault.GUEST_SILENT, () -> write(files, 1));
        }
    }

    private static void assertLost(BindableService agent, String reason, Consumer<GuestFiles> call) throws IOException {
        try (ServedGuest guest = new ServedGuest(agent)) {
            GuestFiles files = new GrpcGuestFiles(guest.connection());
            assertThatThrownBy(() -> call.accept(files)).isInstanceOfSatisfying(NeuroVisorException.class, failure -> {
                assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_LOST);
                assertThat(failure).hasMessageContaining(reason);
            });
        }
    }

    private static void assertFault(Fault fault, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
    }

    private static void read(GuestFiles files) {
        try (FileReader reader = files.read("file", 0, Optional.empty(), deadline())) {
            while (reader.next().isPresent()) {
                assertThat(reader.entry().name()).isEqualTo("file");
            }
        }
    }

    private static void watch(GuestFiles files) {
        try (FileEvents events = files.watch("directory", true, deadline())) {
            while (true) {
                assertThat(events.next()).isNotEmpty();
            }
        }
    }

    private static void write(GuestFiles files, int parts) {
        FileTarget target = new FileTarget("file", new WriteMode.Replace(), OptionalInt.empty(), Map.of());
        try (FileWriter writer = files.write(target)) {
            for (int part = 0; part < parts; part++) {
                writer.write(ByteBuffer.allocate(64 << 10));
            }
            assertThat(writer.finish().name()).isEqualTo("file");
        }
    }

    private static FileAgent reading(ReadResponse... parts) {
        return reading(ENTRY, parts);
    }

    private static FileAgent reading(FileEntry entry, ReadResponse... parts) {
        return new FileAgent() {
            @Override
            public StreamObserver<GuestReadRequest> read(StreamObserver<ReadResponse> host) {
                host.onNext(ReadResponse.newBuilder().setEntry(entry).build());
                List.of(parts).forEach(host::onNext);
                return ignoring();
            }
        };
    }

    private static FileAgent stating(FileEntry entry) {
        return new FileAgent() {
            @Override
            public void stat(StatRequest request, StreamObserver<StatResponse> host) {
                host.onNext(StatResponse.newBuilder().setEntry(entry).build());
                host.onCompleted();
            }
        };
    }

    private static FileAgent listing(ListFilesResponse page) {
        return new FileAgent() {
            @Override
            public void listFiles(ListFilesRequest request, StreamObserver<ListFilesResponse> host) {
                host.onNext(page);
                host.onCompleted();
            }
        };
    }

    private static FileAgent watching(WatchFilesResponse... messages) {
        return new FileAgent() {
            @Override
            public StreamObserver<GuestWatchFilesRequest> watchFiles(StreamObserver<WatchFilesResponse> host) {
                List.of(messages).forEach(host::onNext);
                return ignoring();
            }
        };
    }

    /** @param end of the host's stream */
    private static FileAgent writing(Consumer<StreamObserver<WriteResponse>> end) {
        return new FileAgent() {
            @Override
            public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> host) {
                return new Ignoring<>() {
                    @Override
                    public void onCompleted() {
                        end.accept(host);
                    }
                };
            }
        };
    }

    private static <Q> StreamObserver<Q> ignoring() {
        return new Ignoring<>();
    }

    private static class Ignoring<Q> implements StreamObserver<Q> {
        @Override
        public void onNext(Q request) {}

        @Override
        public void onError(Throwable cancelled) {}

        @Override
        public void onCompleted() {}
    }

    private static ReadResponse data(int bytes) {
        return ReadResponse.newBuilder()
                .setData(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    private static WatchFilesResponse events(int count) {
        return WatchFilesResponse.newBuilder()
                .addAllEvents(IntStream.range(0, count)
                        .mapToObj(_ -> FileAgent.event(FileEventKind.FILE_EVENT_KIND_WRITTEN, "file", ""))
                        .toList())
                .build();
    }

    private static ListFilesResponse page(String next, String... names) {
        return ListFilesResponse.newBuilder()
                .addAllEntries(Stream.of(names)
                        .map(name -> ENTRY.toBuilder()
                                .setName("name")
                                .setPath("/" + name)
                                .build())
                        .toList())
                .setNextPageToken(next)
                .build();
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM);
    }
}
