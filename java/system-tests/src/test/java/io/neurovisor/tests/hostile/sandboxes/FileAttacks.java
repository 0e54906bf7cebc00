package io.neurovisor.tests.hostile.sandboxes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.proto.guest.GuestFileServiceGrpc;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.FileEvent;
import io.neurovisor.proto.sandbox.FileEventKind;
import io.neurovisor.proto.sandbox.FileType;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.StatResponse;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Attacks in the answers to calls about files. */
final class FileAttacks {
    private static final int MANY = 10_000;
    private static final int PAGE = 1000;
    /** What an event counts of a credit, in addition to its path. */
    private static final int EVENT_BYTES = 64;

    private static final String FOR_A_TERMINAL = "\u001b[2J\nneurovisor: all is well";
    private static final FileEntry ENTRY = FileEntry.newBuilder()
            .setName("X")
            .setPath("/home/user/file")
            .setType(FileType.FILE_TYPE_FILE)
            .setSize(10)
            .build();

    private FileAttacks() {}

    static List<SandboxAttack> all() {
        return List.of(
                SandboxAttack.deadly(
                        "a list of ten thousand files",
                        "gRPC message exceeds maximum size",
                        HostileServices.listingFiles(files(MANY)),
                        (sandbox, _) -> list(sandbox)),
                SandboxAttack.deadly(
                        "a page of two thousand files",
                        "listed 2000 files on a page of 1000",
                        HostileServices.listingFiles(files(2 * PAGE)),
                        (sandbox, _) -> list(sandbox)),
                SandboxAttack.deadly(
                        "pages without end",
                        "does not go on",
                        HostileServices.listingFiles(ListFilesResponse.newBuilder()
                                .setNextPageToken("more")
                                .build()),
                        (sandbox, _) -> list(sandbox)),
                stat("a name that is not UTF-8", "Failed to read message", ENTRY, true),
                stat(
                        "a name with a slash",
                        "whose name has a slash",
                        ENTRY.toBuilder().setName("../a").build(),
                        false),
                stat(
                        "a path with a NUL",
                        "a path that no file can have",
                        ENTRY.toBuilder().setPath("/a\0b").build(),
                        false),
                SandboxAttack.deadly(
                        "more of a file than it has",
                        "more of a file than it was asked for",
                        HostileServices.reading(host -> {
                            host.say(ReadResponse.newBuilder().setEntry(ENTRY).build());
                            while (true) {
                                host.say(ReadResponse.newBuilder()
                                        .setData(ByteString.copyFrom(new byte[8]))
                                        .build());
                            }
                        }),
                        (sandbox, _) -> read(sandbox)),
                watch("events of a watch without credit", "with a credit of", host -> {
                    host.say(WatchFilesResponse.getDefaultInstance());
                    while (true) {
                        host.say(events(100, "file"));
                    }
                }),
                watch("events before a watch is in place", "before it was confirmed", host -> host.say(events(1, "a"))),
                watch("messages of a watch without events", "a message of a watch without an event", host -> {
                    while (true) {
                        host.say(WatchFilesResponse.getDefaultInstance());
                    }
                }),
                SandboxAttack.bounded(
                        "endless events of a watch",
                        List.of(new AdoptedGuest(), HostileServices.watching(FileAttacks::sendEvents)),
                        (sandbox, _) -> watch(sandbox, MANY)),
                SandboxAttack.bounded(
                        "endless events of a watch that no client reads",
                        List.of(new AdoptedGuest(), HostileServices.watching(FileAttacks::sendEvents)),
                        (sandbox, _) -> {
                            try (FileEvents _ = sandbox.files().watch("directory", true, ProcessAttacks.soon())) {
                                assertThat(sandbox.usage(ProcessAttacks.soon())).isNotNull();
                            }
                        }),
                SandboxAttack.bounded(
                        "names with text for a terminal",
                        List.of(
                                new AdoptedGuest(),
                                stating(StatResponse.newBuilder()
                                        .setEntry(ENTRY.toBuilder()
                                                .setName(FOR_A_TERMINAL)
                                                .setOwner(FOR_A_TERMINAL))
                                        .build()
                                        .toByteArray())),
                        (sandbox, _) -> {
                            io.neurovisor.engine.file.FileEntry entry =
                                    sandbox.files().stat("file", ProcessAttacks.soon());
                            assertThat(entry.owner()).doesNotContain("\u001b", "\n");
                            // Programs choose names, so a client has to expect any.
                            assertThat(entry.name()).isEqualTo(FOR_A_TERMINAL);
                        }));
    }

    private static SandboxAttack stat(String name, String reason, FileEntry entry, boolean isText) {
        byte[] response = StatResponse.newBuilder().setEntry(entry).build().toByteArray();
        return SandboxAttack.deadly(
                name,
                reason,
                stating(isText ? ProcessAttacks.notText(response) : response),
                (sandbox, _) -> assertThat(sandbox.files().stat("file", ProcessAttacks.soon()))
                        .isNotNull());
    }

    private static BindableService stating(byte[] response) {
        return HostileServices.raw(GuestFileServiceGrpc.getStatMethod(), List.of(response));
    }

    private static SandboxAttack watch(String name, String reason, Consumer<Answer<WatchFilesResponse>> script) {
        return SandboxAttack.deadly(
                name, reason, HostileServices.watching(script), (sandbox, _) -> watch(sandbox, Integer.MAX_VALUE));
    }

    /** Sends events without end, as far as they were granted. */
    private static void sendEvents(Answer<WatchFilesResponse> host) {
        host.say(WatchFilesResponse.getDefaultInstance());
        while (true) {
            host.awaitCredit(10 * (EVENT_BYTES + 4));
            host.say(events(10, "file"));
        }
    }

    private static void watch(Sandbox sandbox, int count) {
        try (FileEvents events = sandbox.files().watch("directory", true, ProcessAttacks.soon())) {
            for (int seen = 0; seen < count; ) {
                seen += events.next().size();
            }
        }
    }

    private static void read(Sandbox sandbox) {
        try (FileReader reader = sandbox.files().read("file", 0, Optional.empty(), ProcessAttacks.soon())) {
            while (reader.next().isPresent()) {
                // Until it ends or fails.
            }
        }
    }

    private static void list(Sandbox sandbox) {
        FilePage page = sandbox.files().list(".", 1, PAGE, Optional.empty(), ProcessAttacks.soon());
        assertThat(page.entries()).hasSizeLessThanOrEqualTo(PAGE);
    }

    private static ListFilesResponse files(int count) {
        return ListFilesResponse.newBuilder()
                .addAllEntries(IntStream.range(MANY, MANY + count)
                        .mapToObj(number -> ENTRY.toBuilder()
                                .setName(Integer.toString(number))
                                .setPath("/" + number)
                                .build())
                        .toList())
                .build();
    }

    private static WatchFilesResponse events(int count, String path) {
        FileEvent event = FileEvent.newBuilder()
                .setKind(FileEventKind.FILE_EVENT_KIND_WRITTEN)
                .setPath(path)
                .build();
        return WatchFilesResponse.newBuilder()
                .addAllEvents(Collections.nCopies(count, event))
                .build();
    }
}
