package io.neurovisor.server.audit;

import io.neurovisor.host.files.PrivateFiles;
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
 * The oldest file of the audit log, which is divided fairly between tenants: if not all lines fit, the oldest lines of
 * the tenants with the most are removed, so that each of n tenants keeps at least an n-th of the file.
 *
 * <p>The file is rewritten next to the files that it replaces. A crash at any moment neither loses nor repeats a line.
 */
record AuditArchive(Path directory, long maxBytes) {
    static final int NUMBER = 4;

    /** Its part of {@link AuditFiles#SHARES}. */
    static final int SHARES = 3;

    /** The highest number of a file in earlier versions. */
    private static final int LAST_NUMBER = 9;

    private static final String UNFINISHED = ".joining";

    /** Followed by the number of the first file that it replaces. */
    private static final String FINISHED = ".joined-";

    /** Longer than any line of the log. */
    private static final int LINE_BYTES = 64 << 10;

    private static final String TENANT = "\"tenant\":\"";

    /** Replaces the file with this number and all older ones by one. */
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

    /** Completes a replacement that a crash has interrupted. */
    void finish() throws IOException {
        Files.deleteIfExists(directory.resolve(UNFINISHED));
        for (int first = 0; first < NUMBER; first++) {
            Path finished = directory.resolve(FINISHED + first);
            if (Files.exists(finished, LinkOption.NOFOLLOW_LINKS)) {
                // INVARIANT: the finished file contains every line that is kept of these files.
                for (Path source : files(first)) {
                    Files.delete(source);
                }
                Files.move(finished, AuditFiles.file(directory, NUMBER), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

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

    /** Returns for each tenant how many bytes of its oldest lines must be removed. */
    private Map<String, Long> excess(List<Path> sources) throws IOException {
        Map<String, Long> bytes = new HashMap<>();
        forEachLine(sources, line -> bytes.merge(tenant(line), (long) line.length, Long::sum));
        long most = mostOfEach(bytes.values().stream().sorted().toList());
        bytes.replaceAll((_, all) -> Math.max(0, all - most));
        return bytes;
    }

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

    /**
     * Returns the tenant of a line; empty for a line without one, such as an attempt of a VMM. The text before the name
     * is never chosen by a client.
     */
    private static String tenant(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(TENANT);
        int end = begin < 0 ? -1 : text.indexOf('"', begin + TENANT.length());
        return end < 0 ? "" : text.substring(begin + TENANT.length(), end);
    }

    private interface Lines {
        void accept(byte[] line) throws IOException;
    }

    /** Passes on each line with its end; skips lines that are longer than any the log writes. */
    private static void forEachLine(List<Path> sources, Lines lines) throws IOException {
        byte[] block = new byte[LINE_BYTES];
        for (Path source : sources) {
            try (InputStream input = Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS)) {
                Line line = new Line(lines);
                for (int length = input.read(block); length > 0; length = input.read(block)) {
                    line.addBlock(block, length);
                }
                line.endCut();
            }
        }
    }

    private static final class Line {
        private final Lines lines;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private long length;

        Line(Lines lines) {
            this.lines = lines;
        }

        void addBlock(byte[] block, int blockLength) throws IOException {
            int begin = 0;
            for (int index = 0; index < blockLength; index++) {
                if (block[index] == '\n') {
                    add(block, begin, index + 1);
                    end();
                    begin = index + 1;
                }
            }
            add(block, begin, blockLength);
        }

        private void add(byte[] block, int begin, int end) {
            length += end - begin;
            if (length <= LINE_BYTES) {
                bytes.write(block, begin, end - begin);
            }
        }

        private void end() throws IOException {
            if (bytes.size() == length) {
                lines.accept(bytes.toByteArray());
            }
            bytes.reset();
            length = 0;
        }

        /** Completes a line that was truncated when another process was killed. */
        void endCut() throws IOException {
            if (length > 0) {
                add(new byte[] {'\n'}, 0, 1);
                end();
            }
        }
    }
}
