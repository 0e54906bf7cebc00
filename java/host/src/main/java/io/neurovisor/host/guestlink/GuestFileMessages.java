package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.host.message.GuestText;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.SetAttributesRequest;
import io.neurovisor.proto.sandbox.WriteTarget;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Translates between messages about files and the engine's values. Programs choose the names of files, so a name is
 * passed on as it is; what no honest agent sends ends the connection.
 */
record GuestFileMessages(GuestConnection connection) {
    /** Enough for a path in which bytes are escaped. */
    private static final int MAX_TOKEN_CHARACTERS = 16 << 10;

    private static final int MAX_MODE = 07777;
    private static final char REPLACEMENT = '\uFFFD';

    /** What each event counts of a credit, in addition to its paths. */
    private static final int EVENT_BYTES = 64;

    /** The range of protobuf's timestamps; programs may set any time. */
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

    static WriteTarget target(FileTarget target) {
        WriteTarget.Builder message =
                WriteTarget.newBuilder().setPath(target.path()).putAllXattrs(bytes(target.xattrs()));
        target.permissions().ifPresent(message::setPermissions);
        switch (target.mode()) {
            case WriteMode.Replace() -> message.setWriteMode(io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_REPLACE);
            case WriteMode.Append() -> message.setWriteMode(io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_APPEND);
            case WriteMode.CreateNew() ->
                message.setWriteMode(io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_CREATE_NEW);
            case WriteMode.Range(long offset) ->
                message.setWriteMode(io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_RANGE)
                        .setOffset(offset);
        }
        return message.build();
    }

    static SetAttributesRequest attributes(String path, FileAttributes attributes) {
        SetAttributesRequest.Builder message = SetAttributesRequest.newBuilder()
                .setPath(path)
                .putAllXattrs(bytes(attributes.xattrs()))
                .addAllRemovedXattrs(attributes.removedXattrs());
        attributes.permissions().ifPresent(message::setPermissions);
        return message.build();
    }

    private static Map<String, ByteString> bytes(Map<String, ByteBuffer> xattrs) {
        return xattrs.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> ByteString.copyFrom(entry.getValue().duplicate())));
    }

    FileEntry entry(io.neurovisor.proto.sandbox.FileEntry entry) {
        if (entry.getSize() < 0 || (entry.getMode() & ~MAX_MODE) != 0) {
            throw connection.violated(
                    "sent a file of %d bytes and mode %o".formatted(entry.getSize(), entry.getMode()));
        }
        return new FileEntry(
                name(entry.getName()),
                absolute(entry.getPath()),
                type(entry.getType()),
                entry.getSize(),
                entry.getMode(),
                GuestText.line(entry.getOwner()),
                GuestText.line(entry.getGroup()),
                instant(entry.getModified()),
                Optional.of(path(entry.getSymlinkTarget())).filter(target -> !target.isEmpty()),
                entry.getXattrsMap().entrySet().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                Map.Entry::getKey, xattr -> xattr.getValue().asReadOnlyByteBuffer())));
    }

    /**
     * @param from where the page begins
     * @throws NeuroVisorException {@code SANDBOX_LOST} if pages with such a page could be endless or ambiguous
     */
    FilePage page(ListFilesResponse page, int pageSize, Optional<String> from) {
        if (page.getEntriesCount() > pageSize) {
            throw connection.violated("listed " + page.getEntriesCount() + " files on a page of " + pageSize);
        }
        Optional<String> next = Optional.of(page.getNextPageToken()).filter(token -> !token.isEmpty());
        if (page.getNextPageToken().length() > MAX_TOKEN_CHARACTERS
                || (next.isPresent() && (page.getEntriesCount() == 0 || next.equals(from)))) {
            throw connection.violated("sent a list of files that does not go on, and does not end");
        }
        List<FileEntry> entries =
                page.getEntriesList().stream().map(this::entry).toList();
        for (int index = 1; index < entries.size(); index++) {
            if (!areSorted(entries.get(index - 1).path(), entries.get(index).path())) {
                throw connection.violated("sent an unsorted list of files");
            }
        }
        return new FilePage(entries, next);
    }

    /**
     * Returns whether what a directory contains follows it immediately. Unknown for names that are not UTF-8, which arrive
     * with replacement characters.
     */
    private static boolean areSorted(String before, String after) {
        return (before + after).indexOf(REPLACEMENT) >= 0
                || Arrays.compareUnsigned(sortedBytes(before), sortedBytes(after)) < 0;
    }

    private static byte[] sortedBytes(String path) {
        return path.replace('/', '\0').getBytes(StandardCharsets.UTF_8);
    }

    /** Returns what an event counts of a credit. */
    static int bytes(io.neurovisor.proto.sandbox.FileEvent event) {
        return EVENT_BYTES + event.getPathBytes().size() + event.getToBytes().size();
    }

    FileEvent event(io.neurovisor.proto.sandbox.FileEvent event) {
        String path = path(event.getPath());
        return switch (event.getKind()) {
            case FILE_EVENT_KIND_CREATED -> new FileEvent.Created(path);
            case FILE_EVENT_KIND_WRITTEN -> new FileEvent.Written(path);
            case FILE_EVENT_KIND_REMOVED -> new FileEvent.Removed(path);
            case FILE_EVENT_KIND_RENAMED -> new FileEvent.Renamed(path, path(event.getTo()));
            case FILE_EVENT_KIND_ATTRIBUTES -> new FileEvent.AttributesChanged(path);
            case FILE_EVENT_KIND_OVERFLOW -> new FileEvent.Overflow();
            case FILE_EVENT_KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw connection.violated("sent an event of the unknown kind " + event.getKindValue());
        };
    }

    private FileType type(io.neurovisor.proto.sandbox.FileType type) {
        return switch (type) {
            case FILE_TYPE_FILE -> FileType.FILE;
            case FILE_TYPE_DIRECTORY -> FileType.DIRECTORY;
            case FILE_TYPE_SYMLINK -> FileType.SYMLINK;
            case FILE_TYPE_OTHER -> FileType.OTHER;
            case FILE_TYPE_UNSPECIFIED, UNRECOGNIZED -> throw connection.violated("sent a file of an unknown type");
        };
    }

    private static Instant instant(Timestamp time) {
        if (time.getSeconds() < FIRST.getEpochSecond()) {
            return FIRST;
        }
        return time.getSeconds() > LAST.getEpochSecond()
                ? LAST
                : Instant.ofEpochSecond(time.getSeconds(), Math.clamp(time.getNanos(), 0, 999_999_999));
    }

    /** Only the root directory has a slash in its name. */
    private String name(String name) {
        if (name.length() > 1 && name.indexOf('/') >= 0) {
            throw connection.violated("sent a file whose name has a slash");
        }
        return path(name);
    }

    private String absolute(String path) {
        if (!path.startsWith("/")) {
            throw connection.violated("sent a file whose path is not absolute");
        }
        return path(path);
    }

    private String path(String path) {
        if (path.indexOf(0) >= 0) {
            throw connection.violated("sent a path that no file can have");
        }
        return path;
    }
}
