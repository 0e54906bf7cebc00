package io.neurovisor.server.audit;

import io.neurovisor.host.store.PrivateFiles;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The oldest file of the audit log, in which no tenant takes the place of another: where all lines do not fit, the oldest of the
 * tenants with the most are removed, so that each of n tenants keeps at least an n-th of the file if it has so much.
 *
 * <p>The file is written anew beside the files that it replaces. A crash at any moment neither loses nor repeats a line.
 */
final class OldLines {
    static final int NUMBER = 4;

    /** Of the {@link AuditFiles#SHARES}. */
    static final int SHARES = 3;

    /** Earlier versions numbered their files to this. */
    private static final int LAST_NUMBER = 9;

    private static final String UNFINISHED = ".joining";

    /** Has the number of the first of the files that it replaces at its end. */
    private static final String FINISHED = ".joined-";

    /** None of the log's own lines is as long. */
    private static final int LINE_BYTES = 64 << 10;

    private static final String TENANT = "\"tenant\":\"";

    private final Path directory;
    private final long maxBytes;

    OldLines(Path directory, long maxBytes) {
        this.directory = directory;
        this.maxBytes = maxBytes;
    }

    /** Replaces the files of that number and all older ones by one. */
    void join(int first) throws IOException {
        List<Path> sources = files(first);
        if (sources.isEmpty()) {
            return;
        }
        Path unfinished = directory.resolve(UNFINISHED);
        write(unfinished, sources, excess(sources));
        Files.move(unfinished, directory.resolve(FINISHED + first), StandardCopyOption.ATOMIC_MOVE);
        finish();
    }

    /** Does what is left to do of a join that a crash has cut off. */
    void finish() throws IOException {
        Files.deleteIfExists(directory.resolve(UNFINISHED));
        for (int first = 0; first < NUMBER; first++) {
            Path finished = directory.resolve(FINISHED + first);
            if (Files.exists(finished, LinkOption.NOFOLLOW_LINKS)) {
                // INVARIANT: all that is kept of these files is in the finished one.
                for (Path source : files(first)) {
                    Files.delete(source);
                }
                Files.move(finished, AuditFiles.file(directory, NUMBER), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    /** From the oldest on. */
    private List<Path> files(int first) {
        List<Path> files = new ArrayList<>();
        for (int number = LAST_NUMBER; number >= first; number--) {
            Path file = AuditFiles.file(directory, number);
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                files.add(file);
            }
        }
        return files;
    }

    /** Returns how many bytes of the oldest lines of each tenant are too many. */
    private Map<String, Long> excess(List<Path> sources) throws IOException {
        Map<String, Long> bytes = new HashMap<>();
        forEachLine(sources, line -> bytes.merge(tenant(line), (long) line.length, Long::sum));
        long most = mostOfEach(bytes.values().stream().sorted().toList());
        bytes.replaceAll((_, all) -> Math.max(0, all - most));
        return bytes;
    }

    /** @param ascending the bytes of each tenant */
    private long mostOfEach(List<Long> ascending) {
        long room = maxBytes;
        for (int index = 0; index < ascending.size(); index++) {
            long equal = room / (ascending.size() - index);
            if (ascending.get(index) > equal) {
                return equal;
            }
            room -= ascending.get(index);
        }
        return Long.MAX_VALUE;
    }

    private static void write(Path target, List<Path> sources, Map<String, Long> excess) throws IOException {
        try (FileChannel file = FileChannel.open(
                target, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PrivateFiles.ownerOnly())) {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            forEachLine(sources, line -> {
                String tenant = tenant(line);
                long tooMany = excess.getOrDefault(tenant, 0L);
                if (tooMany > 0) {
                    excess.put(tenant, tooMany - line.length);
                    return;
                }
                block.writeBytes(line);
                if (block.size() >= LINE_BYTES) {
                    flush(block, file);
                }
            });
            flush(block, file);
            file.force(true);
        }
    }

    private static void flush(ByteArrayOutputStream block, FileChannel file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(block.toByteArray());
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
        block.reset();
    }

    /** Empty for a line of no tenant, such as what a VMM has tried: none of what stands before the name is a client's choice. */
    private static String tenant(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(TENANT);
        int end = begin < 0 ? -1 : text.indexOf('"', begin + TENANT.length());
        return end < 0 ? "" : text.substring(begin + TENANT.length(), end);
    }

    private interface Lines {
        void accept(byte[] line) throws IOException;
    }

    /** Each with its end; one that is longer than any of the log's own is left out. */
    private static void forEachLine(List<Path> sources, Lines lines) throws IOException {
        for (Path source : sources) {
            try (InputStream input =
                    new BufferedInputStream(Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS), LINE_BYTES)) {
                ByteArrayOutputStream line = new ByteArrayOutputStream();
                long length = 0;
                for (int next = input.read(); next >= 0; next = input.read()) {
                    length++;
                    if (length < LINE_BYTES) {
                        line.write(next);
                    }
                    if (next == '\n') {
                        accept(line, length, lines);
                        length = 0;
                    }
                }
                if (length > 0) {
                    line.write('\n');
                    accept(line, length + 1, lines);
                }
            }
        }
    }

    private static void accept(ByteArrayOutputStream line, long length, Lines lines) throws IOException {
        if (line.size() == length) {
            lines.accept(line.toByteArray());
        }
        line.reset();
    }
}
