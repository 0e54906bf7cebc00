package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.FileEventKind;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.FileType;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.MakeDirectoryRequest;
import io.neurovisor.proto.sandbox.MoveRequest;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.RemoveRequest;
import io.neurovisor.proto.sandbox.SetAttributesRequest;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.proto.sandbox.WatchFilesRequest;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import io.neurovisor.proto.sandbox.WriteMode;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.FakeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class FileGrpcServiceTest {
    private static final String ID = OneSandbox.ID;

    private final FakeFiles files = new FakeFiles();
    private final TestServer server;
    private final FileServiceGrpc.FileServiceBlockingV2Stub client;

    FileGrpcServiceTest() throws IOException {
        server = new TestServer(List.of(new FileGrpcService(new OneSandbox(files))));
        client = FileServiceGrpc.newBlockingV2Stub(server.channel());
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void readsWhatWasWritten() throws Exception {
        byte[] content = new byte[1_000_000];
        new Random(1).nextBytes(content);
        FileEntry written = write(target("data/file").setPermissions(0640), content);

        assertThat(written.getPath()).isEqualTo("/home/user/data/file");
        assertThat(written.getSize()).isEqualTo(content.length);
        assertThat(written.getMode()).isEqualTo(0640);
        assertThat(written.getType()).isEqualTo(FileType.FILE_TYPE_FILE);
        assertThat(read(ReadRequest.newBuilder().setPath("data/file")).toByteArray())
                .isEqualTo(content);
        assertThat(read(ReadRequest.newBuilder()
                                .setPath("data/file")
                                .setOffset(999_990)
                                .setLength(5))
                        .size())
                .isEqualTo(5);
    }

    @Test
    void writesInEachMode() throws Exception {
        write(target("file").setWriteMode(WriteMode.WRITE_MODE_CREATE_NEW), bytes("0123"));
        write(target("file").setWriteMode(WriteMode.WRITE_MODE_APPEND), bytes("4567"));
        write(target("file").setWriteMode(WriteMode.WRITE_MODE_RANGE).setOffset(2), bytes("ab"));
        assertThat(read(ReadRequest.newBuilder().setPath("file")).toStringUtf8())
                .isEqualTo("01ab4567");
        assertThatThrownBy(() -> write(target("file").setWriteMode(WriteMode.WRITE_MODE_CREATE_NEW), bytes("x")))
                .isInstanceOfSatisfying(
                        StatusException.class,
                        failure -> assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS));
    }

    @Test
    void keepsTheOldFileWhenTheClientVanishes() throws Exception {
        write(target("file"), bytes("old"));
        BlockingClientCall<WriteRequest, WriteResponse> call = client.write();
        call.write(WriteRequest.newBuilder().setTarget(target("file")).build());
        call.write(WriteRequest.newBuilder().setData(content(64 << 10)).build());
        call.cancel("the client vanishes", null);
        assertThat(TestServer.becomes(() -> files.openWriters() == 0)).isTrue();
        assertThat(read(ReadRequest.newBuilder().setPath("file")).toStringUtf8())
                .isEqualTo("old");
    }

    /** The last messages stay with the client until the guest has taken those before them. */
    @Test
    void aSlowGuestSlowsTheClientDown() throws Exception {
        FakeFiles.Pause pause = files.pauseWriting();
        BlockingClientCall<WriteRequest, WriteResponse> call = client.write();
        call.write(WriteRequest.newBuilder().setTarget(target("file")).build());
        WriteRequest part = WriteRequest.newBuilder().setData(content(64 << 10)).build();
        int sent = 0;
        // Far more than the windows of HTTP/2.
        while (sent < 1000 && isWritable(call, part)) {
            sent++;
        }
        assertThat(sent).isLessThan(100);
        pause.end();
        call.halfClose();
        assertThat(call.read().getEntry().getSize()).isEqualTo((long) sent * (64 << 10));
    }

    private static boolean isWritable(BlockingClientCall<WriteRequest, ?> call, WriteRequest part) throws Exception {
        try {
            return call.write(part, 200, TimeUnit.MILLISECONDS);
        } catch (TimeoutException full) {
            return false;
        }
    }

    @Test
    void listsMovesAndRemoves() throws Exception {
        for (String name : List.of("a", "b", "c")) {
            assertThat(client.makeDirectory(MakeDirectoryRequest.newBuilder()
                                    .setSandboxId(ID)
                                    .setPath("list/" + name)
                                    .build())
                            .getCreated())
                    .isTrue();
        }
        ListFilesRequest request = ListFilesRequest.newBuilder()
                .setSandboxId(ID)
                .setPath("list")
                .setPageSize(2)
                .build();
        ListFilesResponse first = client.listFiles(request);
        ListFilesResponse last = client.listFiles(
                request.toBuilder().setPageToken(first.getNextPageToken()).build());
        assertThat(Stream.of(first, last)
                        .flatMap(page -> page.getEntriesList().stream().map(FileEntry::getName)))
                .containsExactly("a", "b", "c");
        assertThat(last.getNextPageToken()).isEmpty();

        assertThat(client.move(MoveRequest.newBuilder()
                                .setSandboxId(ID)
                                .setSource("list/a")
                                .setDestination("list/d")
                                .build())
                        .getEntry()
                        .getName())
                .isEqualTo("d");
        RemoveRequest removal =
                RemoveRequest.newBuilder().setSandboxId(ID).setPath("list").build();
        assertThatThrownBy(() -> client.remove(removal)).satisfies(failure -> assertReason(failure, "NOT_EMPTY"));
        client.remove(removal.toBuilder().setRecursive(true).build());
        assertThatThrownBy(() -> client.listFiles(request)).satisfies(failure -> assertReason(failure, "FILE_UNKNOWN"));
    }

    @Test
    void setsAttributes() throws Exception {
        write(target("file").putXattrs("one", content(3)), bytes("content"));
        FileEntry entry = client.setAttributes(SetAttributesRequest.newBuilder()
                        .setSandboxId(ID)
                        .setPath("file")
                        .setPermissions(0)
                        .putXattrs("two", ByteString.EMPTY)
                        .addRemovedXattrs("one")
                        .build())
                .getEntry();
        assertThat(entry.getMode()).isZero();
        assertThat(entry.getXattrsMap()).containsOnlyKeys("two");
    }

    @Test
    void watches() throws Exception {
        client.makeDirectory(MakeDirectoryRequest.newBuilder()
                .setSandboxId(ID)
                .setPath("watched")
                .build());
        BlockingClientCall<?, WatchFilesResponse> events = client.watchFiles(WatchFilesRequest.newBuilder()
                .setSandboxId(ID)
                .setPath("watched")
                .setRecursive(true)
                .build());
        assertThat(events.read().getEventsCount()).isZero();
        write(target("watched/a"), bytes("content"));
        assertThat(events.read().getEvents(0).getKind()).isEqualTo(FileEventKind.FILE_EVENT_KIND_CREATED);
        files.move("watched/a", "watched/b", Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM));
        assertThat(events.read().getEvents(0).getTo()).isEqualTo("b");
        events.cancel("enough", null);
        assertThat(TestServer.becomes(() -> files.openWatches() == 0)).isTrue();
    }

    @Test
    void anUnknownSandboxHasNoFiles() {
        assertThatThrownBy(() -> client.stat(StatRequest.newBuilder()
                        .setSandboxId("other")
                        .setPath("file")
                        .build()))
                .satisfies(failure -> assertReason(failure, "SANDBOX_UNKNOWN"));
    }

    static Stream<Arguments> invalidStats() {
        return Stream.of(
                Arguments.of("", "path has 0 bytes; 1 to 4096 are allowed"),
                Arguments.of("a".repeat(4097), "path has 4097 bytes; 1 to 4096 are allowed"),
                Arguments.of("é".repeat(2049), "path has 4098 bytes; 1 to 4096 are allowed"),
                Arguments.of("a\0b", "path contains a NUL character"));
    }

    @ParameterizedTest
    @MethodSource("invalidStats")
    void rejectsInvalidPaths(String path, String message) {
        assertThatThrownBy(() -> client.stat(
                        StatRequest.newBuilder().setSandboxId(ID).setPath(path).build()))
                .satisfies(failure -> assertInvalid(failure, "path", message));
    }

    private static Arguments invalid(String field, ThrowingConsumer<FileServiceGrpc.FileServiceBlockingV2Stub> call) {
        return Arguments.of(field, call);
    }

    /** Every other field of a request about a file; those of Stat, ListFiles and Write have tests of their own. */
    static Stream<Arguments> invalidFields() {
        String path = "a\0b";
        return Stream.of(
                invalid("path", stub -> stub.read(readOf(path).build()).read()),
                invalid(
                        "offset",
                        stub -> stub.read(readOf("a").setOffset(-1).build()).read()),
                invalid(
                        "length",
                        stub -> stub.read(readOf("a").setLength(-1).build()).read()),
                invalid(
                        "path",
                        stub -> stub.listFiles(ListFilesRequest.newBuilder()
                                .setSandboxId(ID)
                                .setPath(path)
                                .build())),
                invalid(
                        "depth",
                        stub -> stub.listFiles(ListFilesRequest.newBuilder()
                                .setSandboxId(ID)
                                .setPath(".")
                                .setDepth(-1)
                                .build())),
                invalid(
                        "page_size",
                        stub -> stub.listFiles(ListFilesRequest.newBuilder()
                                .setSandboxId(ID)
                                .setPath(".")
                                .setPageSize(1001)
                                .build())),
                invalid("path", stub -> stub.makeDirectory(directory(path).build())),
                invalid(
                        "permissions",
                        stub -> stub.makeDirectory(
                                directory("a").setPermissions(010000).build())),
                invalid("source", stub -> stub.move(move(path, "b"))),
                invalid("destination", stub -> stub.move(move("a", path))),
                invalid("destination", stub -> stub.move(move("a", ""))),
                invalid(
                        "path",
                        stub -> stub.remove(RemoveRequest.newBuilder()
                                .setSandboxId(ID)
                                .setPath(path)
                                .build())),
                invalid("path", stub -> stub.setAttributes(attributes(path).build())),
                invalid(
                        "permissions",
                        stub -> stub.setAttributes(
                                attributes("a").setPermissions(-1).build())),
                invalid(
                        "xattrs",
                        stub -> stub.setAttributes(attributes("a")
                                .putXattrs("a\0", ByteString.EMPTY)
                                .build())),
                invalid("xattrs", stub -> stub.setAttributes(manyXattrs())),
                invalid(
                        "removed_xattrs",
                        stub -> stub.setAttributes(
                                attributes("a").addRemovedXattrs("").build())),
                invalid(
                        "path",
                        stub -> stub.watchFiles(WatchFilesRequest.newBuilder()
                                        .setSandboxId(ID)
                                        .setPath(path)
                                        .build())
                                .read()));
    }

    @ParameterizedTest
    @MethodSource("invalidFields")
    void rejectsInvalidFields(String field, ThrowingConsumer<FileServiceGrpc.FileServiceBlockingV2Stub> call) {
        assertThatThrownBy(() -> call.acceptThrows(client)).satisfies(failure -> assertInvalid(failure, field, field));
        assertThat(files.openWriters()).isZero();
    }

    private static MakeDirectoryRequest.Builder directory(String path) {
        return MakeDirectoryRequest.newBuilder().setSandboxId(ID).setPath(path);
    }

    private static SetAttributesRequest.Builder attributes(String path) {
        return SetAttributesRequest.newBuilder().setSandboxId(ID).setPath(path);
    }

    private static SetAttributesRequest manyXattrs() {
        SetAttributesRequest.Builder request = attributes("a");
        IntStream.range(0, 65).forEach(number -> request.putXattrs("x" + number, ByteString.EMPTY));
        return request.build();
    }

    private static MoveRequest move(String source, String destination) {
        return MoveRequest.newBuilder()
                .setSandboxId(ID)
                .setSource(source)
                .setDestination(destination)
                .build();
    }

    private static ReadRequest.Builder readOf(String path) {
        return ReadRequest.newBuilder().setSandboxId(ID).setPath(path);
    }

    @Test
    void rejectsInvalidLists() {
        ListFilesRequest.Builder list =
                ListFilesRequest.newBuilder().setSandboxId(ID).setPath(".");
        assertThatThrownBy(() -> client.listFiles(list.clone().setDepth(17).build()))
                .satisfies(failure -> assertInvalid(failure, "depth", "depth is 17; 1 to 16 is allowed"));
        assertThatThrownBy(() -> client.listFiles(list.clone().setPageSize(-1).build()))
                .satisfies(failure ->
                        assertInvalid(failure, "page_size", "page_size is 4294967295; 1 to 1000 is allowed"));
        assertThatThrownBy(() -> client.listFiles(
                        list.clone().setPageToken("t".repeat(20_000)).build()))
                .satisfies(failure -> assertInvalid(failure, "page_token", "not one that a page has returned"));
    }

    static Stream<Arguments> invalidTargets() {
        return Stream.of(
                Arguments.of(target("").build(), "path"),
                Arguments.of(target("a").setPermissions(010000).build(), "permissions"),
                Arguments.of(target("a").setWriteModeValue(5).build(), "write_mode"),
                Arguments.of(target("a").setOffset(1).build(), "offset"),
                Arguments.of(
                        target("a")
                                .setWriteMode(WriteMode.WRITE_MODE_RANGE)
                                .setOffset(-1)
                                .build(),
                        "offset"),
                Arguments.of(target("a").putXattrs("", ByteString.EMPTY).build(), "xattrs"),
                Arguments.of(target("a").putXattrs("a\0", ByteString.EMPTY).build(), "xattrs"),
                Arguments.of(
                        target("a").putXattrs("a".repeat(129), ByteString.EMPTY).build(), "xattrs"),
                Arguments.of(target("a").putXattrs("a", content(1025)).build(), "xattrs"));
    }

    @ParameterizedTest
    @MethodSource("invalidTargets")
    void rejectsInvalidTargets(WriteTarget target, String field) {
        assertThatThrownBy(() -> write(target.toBuilder(), bytes("content")))
                .satisfies(failure -> assertInvalid(failure, field, field));
        assertThat(files.openWriters()).isZero();
    }

    @Test
    void rejectsInvalidStreams() {
        assertThatThrownBy(() -> sent())
                .satisfies(failure -> assertInvalid(failure, "target", "the first message has no target"));
        assertThatThrownBy(
                        () -> sent(WriteRequest.newBuilder().setData(content(1)).build()))
                .satisfies(failure -> assertInvalid(failure, "target", "the first message has no target"));
        WriteRequest first = WriteRequest.newBuilder().setTarget(target("file")).build();
        assertThatThrownBy(() -> sent(first, first))
                .satisfies(failure -> assertInvalid(failure, "target", "only the first message has a target"));
        assertThatThrownBy(() -> sent(
                        first,
                        WriteRequest.newBuilder().setData(content(70_000)).build()))
                .satisfies(failure ->
                        assertInvalid(failure, "data", "data has 70000 bytes; a message may have at most 65536"));
        assertThat(TestServer.becomes(() -> files.openWriters() == 0)).isTrue();
    }

    private FileEntry write(WriteTarget.Builder target, byte[] content) throws Exception {
        BlockingClientCall<WriteRequest, WriteResponse> call = client.write();
        call.write(WriteRequest.newBuilder().setTarget(target).build());
        for (int begin = 0; begin < content.length; begin += 50_000) {
            int size = Math.min(50_000, content.length - begin);
            call.write(WriteRequest.newBuilder()
                    .setData(ByteString.copyFrom(content, begin, size))
                    .build());
        }
        call.halfClose();
        return call.read().getEntry();
    }

    private WriteResponse sent(WriteRequest... messages) throws Exception {
        BlockingClientCall<WriteRequest, WriteResponse> call = client.write();
        for (WriteRequest message : messages) {
            call.write(message);
        }
        call.halfClose();
        return call.read();
    }

    private ByteString read(ReadRequest.Builder request) throws Exception {
        BlockingClientCall<?, ReadResponse> call =
                client.read(request.setSandboxId(ID).build());
        ByteString content = ByteString.EMPTY;
        ReadResponse message = call.read();
        assertThat(message.hasEntry()).isTrue();
        while (message != null) {
            content = content.concat(message.getData());
            message = call.read();
        }
        return content;
    }

    private static WriteTarget.Builder target(String path) {
        return WriteTarget.newBuilder().setSandboxId(ID).setPath(path);
    }

    private static void assertInvalid(Throwable failure, String field, String message) {
        assertThat(failure).hasMessageContaining(message);
        StatusRuntimeException status = runtime(failure);
        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(status)).isEqualTo(field);
    }

    private static void assertReason(Throwable failure, String reason) {
        assertThat(TestServer.reason(runtime(failure))).isEqualTo(reason);
    }

    private static StatusRuntimeException runtime(Throwable failure) {
        StatusException status = (StatusException) failure;
        return new StatusRuntimeException(status.getStatus(), status.getTrailers());
    }

    private static ByteString content(int bytes) {
        return ByteString.copyFrom(new byte[bytes]);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
