package io.neurovisor.host.files;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Finds other users who could change a file or directory, as OpenSSH does before it reads a user's keys (StrictModes in
 * sshd_config(5)).
 *
 * <ul>
 *   <li>The path, each directory above it and each symbolic link on the way must belong to this user or to root.
 *   <li>None of them may be writable by others or, for root, by a group. Other users often have their own group.
 *   <li>A directory with the sticky bit, such as /tmp, is safe: others can neither rename nor remove its content.
 * </ul>
 */
public final class TrustedPath {
    private static final int ROOT = 0;
    private static final int STICKY = 01000;
    private static final int OTHERS_WRITE = 0002;
    private static final int GROUP_WRITES = 0020;

    private final int user;

    TrustedPath(int user) {
        this.user = user;
    }

    /** Returns the check for the user of this process. */
    public static TrustedPath ofThisProcess() throws IOException {
        return new TrustedPath((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /**
     * Returns who could change the content of a directory and which file has to be corrected; empty if no other user
     * can.
     */
    public Optional<String> danger(Path directory) throws IOException {
        Path named = directory.toAbsolutePath().normalize();
        Optional<String> danger = dangerAbove(named);
        Path existing = existing(named);
        return danger.isPresent() ? danger : dangerAbove(existing.toRealPath());
    }

    /** Returns the same for a single file or directory, without those above it. */
    public Optional<String> dangerAt(Path path) throws IOException {
        try {
            Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
            int owner = (int) requireNonNull(attributes.get("uid"), "uid is null");
            int mode = (int) requireNonNull(attributes.get("mode"), "mode is null");
            if (owner != user && owner != ROOT) {
                return Optional.of(path + " belongs to user " + owner);
            }
            boolean isGuarded = Files.isSymbolicLink(path) || (mode & STICKY) != 0;
            int writers = user == ROOT ? OTHERS_WRITE | GROUP_WRITES : OTHERS_WRITE;
            return (mode & writers) == 0 || isGuarded
                    ? Optional.empty()
                    : Optional.of("%s can be written by others (mode %04o)".formatted(path, mode & 07777));
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        }
    }

    private Optional<String> dangerAbove(Path path) throws IOException {
        for (Path each = path; each != null; each = each.getParent()) {
            Optional<String> danger = dangerAt(each);
            if (danger.isPresent()) {
                return danger;
            }
        }
        return Optional.empty();
    }

    private static Path existing(Path path) {
        Path existing = path;
        while (!Files.exists(existing)) {
            existing = requireNonNull(existing.getParent(), "the root directory exists");
        }
        return existing;
    }
}
