package io.neurovisor.testkit;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.time.Deadline;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** The files of a {@link FakeGuest}: a tree in memory with the rules of a guest's kernel. Thread-safe. */
public final class FakeFiles implements GuestFiles {
    /** What fits. */
    public static final long ROOM = 16 << 20;

    /** A directory in which nothing may be written. */
    public static final String FORBIDDEN = "/root";

    /** A file that any amount may be written to, which is counted and not kept. */
    public static final String SINK = "/tmp/sink";

    private static final Path HOME = Path.of("/home/user");
    private static final int CHUNK_BYTES = 64 << 10;
    private static final Instant MODIFIED = Instant.parse("2026-01-01T00:00:00Z");

    /** A slash sorts first, so that what a directory contains follows it. */
    private static final Comparator<Path> ORDER =
            Comparator.comparing(path -> path.toString().replace('/', '\0'));

    private final NavigableMap<Path, Node> nodes = new TreeMap<>(ORDER);

    private final List<Watch> watches = new CopyOnWriteArrayList<>();
    private final AtomicInteger openWriters = new AtomicInteger();
    private final AtomicLong sunkBytes = new AtomicLong();
    private volatile boolean lost;
    private volatile CountDownLatch writing = new CountDownLatch(0);

    private static final class Node {
        final FileType type;
        int mode;
        byte[] content = {};
        Map<String, ByteBuffer> xattrs = Map.of();

        Node(FileType type, int mode) {
            this.type = type;
            this.mode = mode;
        }
    }

    public FakeFiles() {
        Stream.of("/", "/home", HOME.toString(), "/tmp", FORBIDDEN)
                .forEach(path -> nodes.put(Path.of(path), new Node(FileType.DIRECTORY, 0755)));
    }

    /** Blocks all writers until the pause is ended. */
    public Pause pauseWriting() {
        CountDownLatch pause = new CountDownLatch(1);
        writing = pause;
        return pause::countDown;
    }

    /** Makes a symbolic link, as programs do. */
    public synchronized void link(String name, String target) {
        Node link = new Node(FileType.SYMLINK, 0777);
        link.content = target.getBytes(StandardCharsets.UTF_8);
        nodes.put(resolved(name), link);
    }

    @FunctionalInterface
    public interface Pause {
        void end();
    }

    /** Returns how many files are being written. */
    public int openWriters() {
        return openWriters.get();
    }

    /** Returns how much was written to {@link #SINK}. */
    public long sunkBytes() {
        return sunkBytes.get();
    }

    public int openWatches() {
        return watches.size();
    }

    @Override
    public synchronized FileReader read(String name, long offset, Optional<Long> length, Deadline deadline) {
        Path path = resolved(name);
        byte[] content = file(path).content;
        requireOffset(offset, content.length);
        int begin = (int) offset;
        int end = (int) Math.min(begin + length.orElse((long) content.length), content.length);
        ByteBuffer rest = ByteBuffer.wrap(content, begin, end - begin);
        FileEntry entry = entry(path);
        return new FileReader() {
            @Override
            public FileEntry entry() {
                return entry;
            }

            @Override
            public Optional<ByteBuffer> next() {
                if (!rest.hasRemaining()) {
                    return Optional.empty();
                }
                ByteBuffer part = rest.slice(rest.position(), Math.min(CHUNK_BYTES, rest.remaining()));
                rest.position(rest.position() + part.remaining());
                return Optional.of(part);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized FileWriter write(FileTarget target) {
        Path path = resolved(target.path());
        Optional<Node> existing = Optional.ofNullable(nodes.get(path));
        requireWritable(path);
        existing.filter(node -> node.type == FileType.DIRECTORY).ifPresent(_ -> {
            throw fault(Fault.NOT_A_DIRECTORY, path + " is a directory");
        });
        if (target.mode() instanceof WriteMode.CreateNew && existing.isPresent()) {
            throw fault(Fault.FILE_EXISTS, path + " exists");
        }
        if (target.mode() instanceof WriteMode.Range(long offset)) {
            requireOffset(offset, file(path).content.length);
        }
        makeDirectories(parent(path), OptionalInt.empty());
        openWriters.incrementAndGet();
        return new FileWriter() {
            private final ByteArrayOutputStream written = new ByteArrayOutputStream();

            @Override
            public void write(ByteBuffer bytes) {
                awaitEndOfPause();
                if (lost) {
                    throw fault(Fault.SANDBOX_LOST, "the connection to the guest agent failed");
                }
                if (path.toString().equals(SINK)) {
                    sunkBytes.addAndGet(bytes.remaining());
                    return;
                }
                byte[] part = new byte[bytes.remaining()];
                bytes.get(part);
                written.writeBytes(part);
                requireRoom(written.size());
            }

            @Override
            public FileEntry finish() {
                return finished(path, target, written.toByteArray());
            }

            @Override
            public void close() {
                openWriters.decrementAndGet();
            }
        };
    }

    /** Ends all writes with the machine. */
    void lose() {
        lost = true;
    }

    private static void requireOffset(long offset, long size) {
        if (offset > size) {
            throw NeuroVisorException.invalid("offset", "offset is " + offset + ", the file has " + size + " bytes");
        }
    }

    private void awaitEndOfPause() {
        try {
            writing.await();
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("writing was interrupted", exception);
        }
    }

    private synchronized void requireRoom(long more) {
        long used =
                nodes.values().stream().mapToLong(node -> node.content.length).sum();
        if (used + more > ROOM) {
            throw fault(Fault.DISK_FULL, "no space is left");
        }
    }

    private synchronized FileEntry finished(Path path, FileTarget target, byte[] written) {
        Optional<Node> before = Optional.ofNullable(nodes.get(path));
        Node node = new Node(
                FileType.FILE,
                target.permissions().orElse(before.map(old -> old.mode).orElse(0644)));
        byte[] old = before.map(file -> file.content).orElse(new byte[0]);
        node.content = switch (target.mode()) {
            case WriteMode.Replace(), WriteMode.CreateNew() -> written;
            case WriteMode.Append() -> overlaid(old, old.length, written);
            case WriteMode.Range(long offset) -> overlaid(old, (int) offset, written);
        };
        node.xattrs = target.xattrs();
        nodes.put(path, node);
        publish(path, before.isPresent() ? FileEvent.Written::new : FileEvent.Created::new);
        return entry(path);
    }

    private static byte[] overlaid(byte[] old, int offset, byte[] written) {
        byte[] content = Arrays.copyOf(old, Math.max(old.length, offset + written.length));
        System.arraycopy(written, 0, content, offset, written.length);
        return content;
    }

    @Override
    public synchronized FileEntry stat(String name, Deadline deadline) {
        Path path = resolved(name);
        Node _ = node(path);
        return entry(path);
    }

    @Override
    public synchronized FilePage list(String name, int depth, int pageSize, Optional<String> from, Deadline deadline) {
        Path directory = directory(name);
        List<Path> all = below(directory)
                .filter(path -> path.getNameCount() - directory.getNameCount() <= depth)
                .filter(path -> from.stream().allMatch(last -> ORDER.compare(Path.of(last), path) < 0))
                .toList();
        List<FileEntry> entries = all.stream().limit(pageSize).map(this::entry).toList();
        return new FilePage(
                entries, all.size() > pageSize ? Optional.of(entries.getLast().path()) : Optional.empty());
    }

    private Stream<Path> below(Path directory) {
        return List.copyOf(nodes.keySet()).stream()
                .filter(path -> path.startsWith(directory) && !path.equals(directory));
    }

    @Override
    public synchronized boolean makeDirectory(String name, OptionalInt permissions, Deadline deadline) {
        Path path = resolved(name);
        requireWritable(path);
        if (nodes.containsKey(path)) {
            if (nodes.get(path).type != FileType.DIRECTORY) {
                throw fault(Fault.FILE_EXISTS, path + " exists and is not a directory");
            }
            return false;
        }
        makeDirectories(path, permissions);
        return true;
    }

    private void makeDirectories(Path path, OptionalInt permissions) {
        Node node = nodes.get(path);
        if (node == null) {
            makeDirectories(parent(path), OptionalInt.empty());
            nodes.put(path, new Node(FileType.DIRECTORY, permissions.orElse(0755)));
            publish(path, FileEvent.Created::new);
        } else if (node.type != FileType.DIRECTORY) {
            throw fault(Fault.NOT_A_DIRECTORY, path + " is not a directory");
        }
    }

    @Override
    public synchronized FileEntry move(String from, String to, Deadline deadline) {
        Path source = resolved(from);
        Path destination = resolved(to);
        Node moved = node(source);
        requireWritable(source);
        requireWritable(destination);
        Node _ = node(parent(destination));
        Node replaced = nodes.get(destination);
        if (replaced != null && replaced.type != moved.type) {
            throw fault(Fault.NOT_A_DIRECTORY, "only one of " + source + " and " + destination + " is a directory");
        }
        if (below(destination).findAny().isPresent()) {
            throw fault(Fault.NOT_EMPTY, destination + " is not empty");
        }
        Stream.concat(Stream.of(source), below(source)).toList().forEach(path -> {
            Node node = requireNonNull(nodes.remove(path), "there is no such file");
            nodes.put(path.equals(source) ? destination : destination.resolve(source.relativize(path)), node);
        });
        watches.forEach(watch -> watch.renamed(source, destination));
        return entry(destination);
    }

    @Override
    public synchronized void remove(String name, boolean recursive, Deadline deadline) {
        Path path = resolved(name);
        Node _ = node(path);
        requireWritable(path);
        List<Path> content = below(path).toList();
        if (!recursive && !content.isEmpty()) {
            throw fault(Fault.NOT_EMPTY, path + " is not empty");
        }
        content.reversed().forEach(this::removed);
        removed(path);
    }

    private void removed(Path path) {
        nodes.remove(path);
        publish(path, FileEvent.Removed::new);
    }

    @Override
    public synchronized FileEntry setAttributes(String name, FileAttributes attributes, Deadline deadline) {
        Path path = resolved(name);
        Node node = node(path);
        requireWritable(path);
        node.mode = attributes.permissions().orElse(node.mode);
        Map<String, ByteBuffer> xattrs = new HashMap<>(node.xattrs);
        xattrs.putAll(attributes.xattrs());
        xattrs.keySet().removeAll(attributes.removedXattrs());
        node.xattrs = xattrs;
        publish(path, FileEvent.AttributesChanged::new);
        return entry(path);
    }

    @Override
    public synchronized FileEvents watch(String name, boolean recursive, Deadline deadline) {
        Watch watch = new Watch(directory(name), recursive);
        watches.add(watch);
        return watch;
    }

    private void publish(Path path, Function<String, FileEvent> event) {
        watches.forEach(watch -> watch.name(path).map(event).ifPresent(watch.events::add));
    }

    private final class Watch implements FileEvents {
        private final Path directory;
        private final boolean recursive;
        private final BlockingQueue<FileEvent> events = new LinkedBlockingQueue<>();

        Watch(Path directory, boolean recursive) {
            this.directory = directory;
            this.recursive = recursive;
        }

        /** Returns the relative path of a watched file. */
        Optional<String> name(Path path) {
            boolean watched = path.startsWith(directory)
                    && !path.equals(directory)
                    && (recursive || parent(path).equals(directory));
            return watched ? Optional.of(directory.relativize(path).toString()) : Optional.empty();
        }

        void renamed(Path source, Path destination) {
            Optional<String> to = name(destination);
            name(source)
                    .map(from -> to.<FileEvent>map(path -> new FileEvent.Renamed(from, path))
                            .orElse(new FileEvent.Removed(from)))
                    .or(() -> to.map(FileEvent.Created::new))
                    .ifPresent(events::add);
        }

        @Override
        public List<FileEvent> next() {
            try {
                return List.of(events.take());
            } catch (InterruptedException exception) {
                throw NeuroVisorException.interrupted("waiting for changes was interrupted", exception);
            }
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }

    private static Path resolved(String name) {
        return HOME.resolve(name).normalize();
    }

    private Node node(Path path) {
        if (path.getParent() != null && node(path.getParent()).type != FileType.DIRECTORY) {
            throw fault(Fault.NOT_A_DIRECTORY, path.getParent() + " is not a directory");
        }
        return Optional.ofNullable(nodes.get(path))
                .orElseThrow(() -> fault(Fault.FILE_UNKNOWN, path + " does not exist"));
    }

    private Node file(Path path) {
        Node node = node(path);
        if (node.type == FileType.DIRECTORY) {
            throw fault(Fault.NOT_A_DIRECTORY, path + " is a directory");
        }
        return node;
    }

    private Path directory(String name) {
        Path path = resolved(name);
        if (node(path).type != FileType.DIRECTORY) {
            throw fault(Fault.NOT_A_DIRECTORY, path + " is not a directory");
        }
        return path;
    }

    private static void requireWritable(Path path) {
        if (!path.startsWith(HOME) && !path.startsWith("/tmp")) {
            throw fault(Fault.FILE_FORBIDDEN, "permission denied: " + path);
        }
    }

    private static Path parent(Path path) {
        return requireNonNull(path.getParent(), "the root has no parent");
    }

    private FileEntry entry(Path path) {
        Node node = requireNonNull(nodes.get(path), "there is no such file");
        return new FileEntry(
                path.getFileName() == null ? "/" : path.getFileName().toString(),
                path.toString(),
                node.type,
                node.content.length,
                node.mode,
                "user",
                "user",
                MODIFIED,
                node.type == FileType.SYMLINK
                        ? Optional.of(new String(node.content, StandardCharsets.UTF_8))
                        : Optional.empty(),
                node.xattrs);
    }

    private static NeuroVisorException fault(Fault fault, String message) {
        return new NeuroVisorException(fault, message);
    }
}
