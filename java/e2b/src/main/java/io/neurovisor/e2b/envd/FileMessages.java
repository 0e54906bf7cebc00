package io.neurovisor.e2b.envd;

import io.neurovisor.e2b.files.FileMetadata;
import io.neurovisor.proto.e2b.filesystem.EntryInfo;
import io.neurovisor.proto.e2b.filesystem.EventType;
import io.neurovisor.proto.e2b.filesystem.FileType;
import io.neurovisor.proto.e2b.filesystem.FilesystemEvent;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.FileEvent;
import java.util.List;
import java.util.stream.Stream;

/** Translates messages about files. */
final class FileMessages {
    private static final String LETTERS = "rwxrwxrwx";
    private static final int PERMISSIONS = 0777;

    /** Those of the bits from SET_UID downwards. */
    private static final String SPECIAL_LETTERS = "ugt";

    private static final int SET_UID = 04000;

    private FileMessages() {}

    static EntryInfo entry(FileEntry entry) {
        EntryInfo.Builder message = EntryInfo.newBuilder()
                .setName(entry.getName().isEmpty() ? entry.getPath() : entry.getName())
                .setType(type(entry.getType()))
                .setPath(entry.getPath())
                .setSize(entry.getSize())
                .setMode(entry.getMode() & PERMISSIONS)
                .setPermissions(permissions(entry))
                .setOwner(entry.getOwner())
                .setGroup(entry.getGroup())
                .setModifiedTime(entry.getModified())
                .putAllMetadata(FileMetadata.of(entry).values());
        if (!entry.getSymlinkTarget().isEmpty()) {
            message.setSymlinkTarget(entry.getSymlinkTarget());
        }
        return message.build();
    }

    private static FileType type(io.neurovisor.proto.sandbox.FileType type) {
        return switch (type) {
            case FILE_TYPE_FILE -> FileType.FILE_TYPE_FILE;
            case FILE_TYPE_DIRECTORY -> FileType.FILE_TYPE_DIRECTORY;
            case FILE_TYPE_SYMLINK -> FileType.FILE_TYPE_SYMLINK;
            case FILE_TYPE_UNSPECIFIED, FILE_TYPE_OTHER, UNRECOGNIZED -> FileType.FILE_TYPE_UNSPECIFIED;
        };
    }

    /** Returns the permissions as Go prints them: each kind and each special bit has a letter before those that ls prints. */
    private static String permissions(FileEntry entry) {
        StringBuilder text = new StringBuilder(
                switch (entry.getType()) {
                    case FILE_TYPE_DIRECTORY -> "d";
                    case FILE_TYPE_SYMLINK -> "L";
                    default -> "";
                });
        for (int bit = 0; bit < SPECIAL_LETTERS.length(); bit++) {
            if ((entry.getMode() & (SET_UID >> bit)) != 0) {
                text.append(SPECIAL_LETTERS.charAt(bit));
            }
        }
        if (text.isEmpty()) {
            text.append('-');
        }
        for (int bit = 0; bit < LETTERS.length(); bit++) {
            boolean isSet = (entry.getMode() & (1 << (LETTERS.length() - 1 - bit))) != 0;
            text.append(isSet ? LETTERS.charAt(bit) : '-');
        }
        return text.toString();
    }

    /** Returns the events without entries for clients, whose protocol has a renamed file twice. */
    static Stream<FilesystemEvent> events(List<FileEvent> events) {
        return events.stream().flatMap(FileMessages::event);
    }

    private static Stream<FilesystemEvent> event(FileEvent event) {
        return switch (event.getKind()) {
            case FILE_EVENT_KIND_CREATED -> Stream.of(event(EventType.EVENT_TYPE_CREATE, event.getPath()));
            case FILE_EVENT_KIND_WRITTEN -> Stream.of(event(EventType.EVENT_TYPE_WRITE, event.getPath()));
            case FILE_EVENT_KIND_REMOVED -> Stream.of(event(EventType.EVENT_TYPE_REMOVE, event.getPath()));
            case FILE_EVENT_KIND_RENAMED ->
                Stream.of(
                        event(EventType.EVENT_TYPE_RENAME, event.getPath()),
                        event(EventType.EVENT_TYPE_CREATE, event.getTo()));
            case FILE_EVENT_KIND_ATTRIBUTES -> Stream.of(event(EventType.EVENT_TYPE_CHMOD, event.getPath()));
            case FILE_EVENT_KIND_UNSPECIFIED, FILE_EVENT_KIND_OVERFLOW, UNRECOGNIZED -> Stream.empty();
        };
    }

    private static FilesystemEvent event(EventType type, String path) {
        return FilesystemEvent.newBuilder().setType(type).setName(path).build();
    }
}
