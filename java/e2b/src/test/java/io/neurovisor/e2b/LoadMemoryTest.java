package io.neurovisor.e2b;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeGuest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/**
 * The heap that E2B's API takes at its peak: first while no guest takes any byte of the uploads, so that everything between client and
 * guest is full, then while the uploads flow. Clients, daemon and guests share this heap; the fakes keep nothing of an upload.
 */
final class LoadMemoryTest extends E2bFixture {
    private static final int SANDBOXES = 4;
    private static final int UPLOADS = 64;
    private static final long UPLOAD_BYTES = 64L << 20;
    private static final int STREAMS = 200;
    private static final long MORE_HEAP_BYTES = 64L << 20;

    private static final int BLOCKED_AFTER_MILLIS = 300;

    /** A measurement stops everything. */
    private static final int MEASURED_EVERY_MILLIS = 2000;

    private static final byte[] PIECE = new byte[128 << 10];
    private static final byte[] OUTPUT = new byte[64 << 10];
    private static final int BUFFER_BYTES = 64 << 10;

    private final CountDownLatch mayFlood = new CountDownLatch(1);
    private final AtomicLong movedBytes = new AtomicLong();
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    @Test
    void manyUploadsAndUnreadStreamsTakeLittleMemory() throws Exception {
        List<Box> boxes = boxes();
        List<FakeFiles> files = api.guests().stream().map(FakeGuest::files).toList();
        long sunkBefore = sunkBytes(files);
        long before = liveBytes();
        List<FakeFiles.Pause> pauses =
                files.stream().map(FakeFiles::pauseWriting).toList();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
                AutoCloseable _ = () -> end(pauses)) { // First, because the executor waits for its clients.
            for (int count = 0; count < STREAMS; count++) {
                Box box = boxes.get(count % SANDBOXES);
                if (count < SANDBOXES) {
                    stream(box, "Start", "{\"process\":{\"cmd\":\"flood\"},\"tag\":\"t\"}");
                } else {
                    stream(box, "Connect", "{\"process\":{\"tag\":\"t\"}}");
                }
            }
            List<Future<?>> uploads = new ArrayList<>();
            for (int count = 0; count < UPLOADS; count++) {
                Box box = boxes.get(count % SANDBOXES);
                uploads.add(clients.submit(() -> {
                    upload(box, UPLOAD_BYTES);
                    return null;
                }));
            }
            mayFlood.countDown();
            long blocked = mostUntilBlocked(files, uploads) - before;
            pauses.forEach(FakeFiles.Pause::end);
            long flowing = mostUntilEnd(uploads) - before;
            System.out.printf(
                    "heap: %d KiB, %d more while the uploads are blocked, %d more while they flow%n",
                    before >> 10, blocked >> 10, flowing >> 10);
            assertThat(sunkBytes(files) - sunkBefore).isEqualTo(UPLOADS * UPLOAD_BYTES);
            assertThat(Math.max(blocked, flowing)).isLessThan(MORE_HEAP_BYTES);
        }
    }

    /** Returns sandboxes of two keys, because one may have 256 calls at a time. */
    private List<Box> boxes() throws IOException, InterruptedException {
        String other = api.key("other", EnumSet.of(Scope.SANDBOX, Scope.EXECUTE), Optional.empty());
        api.awaitKnown(other);
        List<Box> boxes = new ArrayList<>();
        for (int count = 0; count < SANDBOXES; count++) {
            String owner = count % 2 == 0 ? api.key() : other;
            boxes.add(api.create(owner, "{\"templateID\":\"base\",\"timeout\":300}"));
            api.guest().fakeProcesses().on("flood", (_, io) -> {
                mayFlood.await();
                while (true) {
                    io.write(ProcessStream.STDOUT, OUTPUT);
                    movedBytes.addAndGet(OUTPUT.length);
                }
            });
            upload(boxes.getLast(), 1); // Loads the classes.
        }
        return boxes;
    }

    /** Lets all clients end, also after a failure. */
    private void end(List<FakeFiles.Pause> pauses) throws IOException {
        pauses.forEach(FakeFiles.Pause::end);
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private static long sunkBytes(List<FakeFiles> files) {
        return files.stream().mapToLong(FakeFiles::sunkBytes).sum();
    }

    /** Returns the most until all uploads have begun and nothing is sent between two measurements. */
    private long mostUntilBlocked(List<FakeFiles> files, List<Future<?>> uploads) throws Exception {
        long most = 0;
        long moved = -1;
        while (moved != movedBytes.get()
                || files.stream().mapToInt(FakeFiles::openWriters).sum() < UPLOADS) {
            moved = movedBytes.get();
            boolean _ = hasEnded(uploads.getFirst(), BLOCKED_AFTER_MILLIS);
            assertThat(uploads).allMatch(upload -> upload.state() == Future.State.RUNNING);
            most = Math.max(most, liveBytes());
        }
        return most;
    }

    private static long mostUntilEnd(List<Future<?>> uploads) throws Exception {
        long most = 0;
        for (Future<?> upload : uploads) {
            while (!hasEnded(upload, MEASURED_EVERY_MILLIS)) {
                most = Math.max(most, liveBytes());
            }
        }
        return Math.max(most, liveBytes());
    }

    /** Waits for the end of an upload, but not for longer than that. */
    private static boolean hasEnded(Future<?> upload, int millis) throws InterruptedException, ExecutionException {
        try {
            Object _ = upload.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException running) {
            return false;
        }
    }

    /** Returns the size of all reachable objects. What a collection leaves includes gaps, which it closes only at times. */
    private static long liveBytes() throws JMException {
        Object histogram = ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        // Number, instances, bytes, class.
        return String.valueOf(histogram)
                .lines()
                .map(line -> line.strip().split(" +"))
                .filter(row -> row[0].endsWith(":") && !row[3].contains("jdk.internal.vm.Filler"))
                .mapToLong(row -> Long.parseLong(row[2]))
                .sum();
    }

    private void upload(Box box, long bytes) throws IOException {
        try (Socket socket = connect()) {
            send(
                    socket,
                    "POST /files?path=" + FakeFiles.SINK,
                    box,
                    "application/octet-stream",
                    "Content-Length: " + bytes);
            for (long left = bytes; left > 0; ) {
                int count = (int) Math.min(left, PIECE.length);
                socket.getOutputStream().write(PIECE, 0, count);
                movedBytes.addAndGet(count);
                left -= count;
            }
            assertThat(new String(socket.getInputStream().readNBytes("HTTP/1.1 200".length()), US_ASCII))
                    .isEqualTo("HTTP/1.1 200");
        }
    }

    /** Opens a stream of a process, and reads only its first bytes. */
    private void stream(Box box, String method, String message) throws IOException {
        Socket socket = connect();
        byte[] body = Box.envelopes(message);
        send(
                socket,
                "POST /process.Process/" + method,
                box,
                "application/connect+json",
                "Content-Length: " + body.length);
        socket.getOutputStream().write(body);
        StringBuilder read = new StringBuilder();
        while (read.indexOf("\"start\"") < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as(read.toString()).isNotNegative();
            read.append((char) next);
        }
    }

    private Socket connect() throws IOException {
        URI address = api.request("/").build().uri();
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(BUFFER_BYTES);
        socket.setSendBufferSize(BUFFER_BYTES);
        socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
        return socket;
    }

    private static void send(Socket socket, String request, Box box, String type, String length) throws IOException {
        String head = String.join(
                "\r\n",
                request + " HTTP/1.1",
                "Host: x",
                "E2b-Sandbox-Id: " + box.id(),
                "E2b-Sandbox-Port: " + ServedE2b.ENVD,
                "X-Access-Token: " + box.token(),
                "Content-Type: " + type,
                length,
                "",
                "");
        socket.getOutputStream().write(head.getBytes(UTF_8));
    }
}
