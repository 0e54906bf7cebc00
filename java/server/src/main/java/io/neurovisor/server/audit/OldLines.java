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

    /** The line that is being read. */
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

        /** A line that another process's end has cut becomes a line all the same. */
        void endCut() throws IOException {
            if (length > 0) {
                add(new byte[] {'\n'}, 0, 1);
                end();
            }
        }
    }
}
