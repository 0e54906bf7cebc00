package io.neurovisor.session;

import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Pattern;

/**
 * The owner of a session, who alone may continue it.
 *
 * @param label as stored and shown: {@code user:1000}, {@code key:ci@2026-11-25T12:00:00Z}, {@code loopback}
 */
public record SessionOwner(String label) {
    private static final Pattern FORM = Pattern.compile("loopback|user:[0-9]{1,10}|key:[!-~]{1,128}");
    private static final SessionOwner ROOT = user(0);

    /** All loopback clients without a key, which cannot be distinguished. */
    public static final SessionOwner LOOPBACK = new SessionOwner("loopback");

    public SessionOwner {
        if (!FORM.matcher(label).matches()) {
            throw new IllegalArgumentException("\"" + label + "\" is not a session's owner");
        }
    }

    public static SessionOwner user(int uid) {
        return new SessionOwner("user:" + Integer.toUnsignedString(uid));
    }

    public static SessionOwner ofThisProcess() {
        return ofFile(Path.of("/proc/self"));
    }

    /**
     * Returns the owner for an API key. A name is used once per database of keys; the time distinguishes keys of two
     * databases.
     */
    public static SessionOwner key(String name, Instant created) {
        return new SessionOwner("key:" + name + "@" + created);
    }

    static SessionOwner ofFile(Path file) {
        try {
            return user((int) Files.getAttribute(file, "unix:uid"));
        } catch (IOException exception) {
            throw StorageFaults.of("read the owner of", file, exception);
        }
    }

    boolean isRoot() {
        return equals(ROOT);
    }

    @Override
    public String toString() {
        return label;
    }
}
