package io.neurovisor.host.files;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A text with the remembered digests of files, one file per line. A malformed line is ignored. */
record DigestRecord(Map<Path, Entry> entries) {
    static final DigestRecord EMPTY = new DigestRecord(Map.of());
    private static final int FIELDS = 7;

    DigestRecord {
        entries = Map.copyOf(entries);
    }

    record Entry(String digest, FileStamp stamp) {}

    Optional<String> digest(Path file, FileStamp stamp) {
        return Optional.ofNullable(entries.get(file))
                .filter(entry -> entry.stamp().equals(stamp))
                .map(Entry::digest);
    }

    /** Returns the record with the given entries added and without files that no longer exist. */
    DigestRecord with(Map<Path, Entry> added) {
        Map<Path, Entry> merged = new TreeMap<>(entries);
        merged.putAll(added);
        merged.keySet().removeIf(file -> !Files.exists(file));
        return new DigestRecord(merged);
    }

    static DigestRecord parse(byte[] content) {
        Map<Path, Entry> entries = new TreeMap<>();
        new String(content, StandardCharsets.UTF_8).lines().forEach(line -> parseLine(line, entries));
        return new DigestRecord(entries);
    }

    private static void parseLine(String line, Map<Path, Entry> into) {
        String[] fields = line.split(" ", FIELDS);
        if (fields.length != FIELDS || !Sha256.isDigest(fields[0]) || fields[6].indexOf('\0') >= 0) {
            return;
        }
        try {
            FileStamp stamp = new FileStamp(
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]),
                    Long.parseLong(fields[3]),
                    Long.parseLong(fields[4]),
                    Long.parseLong(fields[5]));
            into.put(Path.of(fields[6]), new Entry(fields[0], stamp));
        } catch (NumberFormatException notOurs) {
            // Ignored: computing the digest again costs less than failing.
        }
    }

    byte[] format() {
        return new TreeMap<>(entries)
                .entrySet().stream()
                        // A name with a line break would be read as two lines, so such a file is not remembered.
                        .filter(entry -> entry.getKey().toString().indexOf('\n') < 0)
                        .map(entry -> formatLine(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining())
                        .getBytes(StandardCharsets.UTF_8);
    }

    private static String formatLine(Path file, Entry entry) {
        FileStamp stamp = entry.stamp();
        return "%s %d %d %d %d %d %s\n"
                .formatted(
                        entry.digest(),
                        stamp.device(),
                        stamp.inode(),
                        stamp.sizeBytes(),
                        stamp.modifiedNanos(),
                        stamp.changedNanos(),
                        file);
    }
}
