package io.neurovisor.host.files;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * The attributes that distinguish a changed file from an unchanged one without reading it.
 *
 * @param changedNanos the change time, which programs cannot set back; zero for a file without write permission, since
 *     a hard link to it, as in each Firecracker's root directory, changes that time, too
 */
public record FileStamp(long device, long inode, long sizeBytes, long modifiedNanos, long changedNanos) {
    private static final int WRITABLE = 0222;

    /** Returns the attributes of a file now. */
    public static FileStamp of(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,mode,size,lastModifiedTime,ctime");
        return new FileStamp(
                number(attributes, "dev"),
                number(attributes, "ino"),
                number(attributes, "size"),
                nanos(attributes, "lastModifiedTime"),
                (number(attributes, "mode") & WRITABLE) == 0 ? 0 : nanos(attributes, "ctime"));
    }

    Instant changed() {
        return Instant.EPOCH.plusNanos(Math.max(modifiedNanos, changedNanos));
    }

    private static long number(Map<String, Object> attributes, String name) {
        return ((Number) requireNonNull(attributes.get(name), name)).longValue();
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        FileTime time = (FileTime) requireNonNull(attributes.get(name), name);
        return Instant.EPOCH.until(time.toInstant(), ChronoUnit.NANOS);
    }
}
