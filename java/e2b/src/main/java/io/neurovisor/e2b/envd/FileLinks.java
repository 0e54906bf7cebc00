package io.neurovisor.e2b.envd;

import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.e2b.filesystem.EntryInfo;
import io.neurovisor.proto.e2b.filesystem.FileType;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.StatRequest;
import java.util.Optional;

/** Describes symbolic links as envd does: type and permissions are those of the file behind the link, whose path is shown. */
final class FileLinks {
    /** As many as Linux follows. */
    private static final int MOST_LINKS = 40;

    private FileLinks() {}

    /** Describes the files of a list. Each link takes calls, so links beyond a number are described as themselves. */
    static final class Bounded {
        private static final int MOST = 256;

        private final EnvdCall call;
        private int followed;

        Bounded(EnvdCall call) {
            this.call = call;
        }

        EntryInfo describe(FileEntry entry) {
            return isLink(entry) && ++followed > MOST ? FileMessages.entry(entry) : FileLinks.describe(call, entry);
        }
    }

    /** Describes a file. A link that leads nowhere has no type, and its own path as that of the file behind it. */
    static EntryInfo describe(EnvdCall call, String path) {
        return describe(call, stat(call, path));
    }

    static EntryInfo describe(EnvdCall call, FileEntry entry) {
        if (!isLink(entry)) {
            return FileMessages.entry(entry);
        }
        EntryInfo.Builder link = FileMessages.entry(entry).toBuilder();
        return behind(call, entry)
                .map(FileMessages::entry)
                .map(file ->
                        link.setType(file.getType()).setMode(file.getMode()).setSymlinkTarget(file.getPath()))
                .orElseGet(() ->
                        link.setType(FileType.FILE_TYPE_UNSPECIFIED).setMode(0).setSymlinkTarget(entry.getPath()))
                .build();
    }

    private static Optional<FileEntry> behind(EnvdCall call, FileEntry link) {
        FileEntry entry = link;
        try {
            for (int followed = 0; followed < MOST_LINKS && isLink(entry); followed++) {
                entry = stat(call, target(entry));
            }
        } catch (StatusRuntimeException missing) {
            return Optional.empty();
        }
        return Optional.of(entry).filter(file -> !isLink(file));
    }

    private static String target(FileEntry link) {
        String target = link.getSymlinkTarget();
        String path = link.getPath();
        return target.startsWith("/") ? target : path.substring(0, path.lastIndexOf('/') + 1) + target;
    }

    private static boolean isLink(FileEntry entry) {
        return entry.getType() == io.neurovisor.proto.sandbox.FileType.FILE_TYPE_SYMLINK;
    }

    static FileEntry stat(EnvdCall call, String path) {
        return call.files()
                .stat(StatRequest.newBuilder()
                        .setSandboxId(call.sandboxId())
                        .setPath(path)
                        .build())
                .getEntry();
    }
}
