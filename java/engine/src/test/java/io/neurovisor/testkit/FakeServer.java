package io.neurovisor.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP server on plain sockets that sends scripted bytes, including responses that no HTTP library would send. */
public final class FakeServer implements AutoCloseable {
    private final ServerSocket listening;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Thread accepting;
    private final AtomicInteger brokenOff = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** A request of a client. */
    public record Request(String line, String head, String body) {}

    /** Writes a response; the connection is closed when it returns. */
    @FunctionalInterface
    public interface Answer {
        void write(OutputStream out) throws IOException, InterruptedException;
    }

    /** Listens on a free loopback port. */
    public FakeServer() throws IOException {
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        accepting = Thread.ofVirtual().start(this::accept);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort());
    }

    public FakeServer on(String path, Answer answer) {
        answers.put(path, answer);
        return this;
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Returns the number of clients that disconnected before the end of their response. */
    public int brokenOff() {
        return brokenOff.get();
    }

    public static Answer json(int status, String body) {
        return out -> out.write(("HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\nConnection: close\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a response with a separate chunk, and usually a separate packet, for each piece. */
    public static Answer chunked(byte[]... pieces) {
        return out -> {
            chunks(out, pieces);
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        };
    }

    /** Returns a chunked response without an end: the connection is closed. */
    public static Answer cut(byte[]... pieces) {
        return out -> chunks(out, pieces);
    }

    /** Returns a chunked response without an end: the server is silent until it is closed. */
    public Answer stalling(byte[]... pieces) {
        return out -> {
            chunks(out, pieces);
            closed.await();
        };
    }

    /** Returns a response that repeats a piece until the client disconnects. */
    public Answer endless(byte[] piece) {
        return out -> {
            try {
                chunks(out);
                while (true) {
                    chunk(out, piece);
                }
            } catch (IOException gone) {
                brokenOff.incrementAndGet();
            }
        };
    }

    private static void chunks(OutputStream out, byte[]... pieces) throws IOException {
        out.write(String.join(
                        "\r\n",
                        "HTTP/1.1 200 OK",
                        "Content-Type: text/event-stream",
                        "Transfer-Encoding: chunked",
                        "Connection: close",
                        "",
                        "")
                .getBytes(StandardCharsets.US_ASCII));
        for (byte[] piece : pieces) {
            if (piece.length > 0) {
                chunk(out, piece);
            }
        }
    }

    private static void chunk(OutputStream out, byte[] piece) throws IOException {
        out.write((Integer.toHexString(piece.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(piece);
        out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException isClosed) {
            // The server is closed.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Request request = read(new BufferedInputStream(socket.getInputStream()));
            requests.add(request);
            String path = request.line().replaceAll("^\\S+ (\\S+) .*", "$1");
            answers.getOrDefault(path, json(404, "{\"error\": \"nothing at " + path + "\"}"))
                    .write(socket.getOutputStream());
        } catch (IOException gone) {
            brokenOff.incrementAndGet();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    private static Request read(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the client has gone");
            }
            head.append((char) next);
        }
        String length = head.toString().replaceAll("(?is).*content-length: *(\\d+).*|.*", "$1");
        byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
        return new Request(
                head.substring(0, head.indexOf("\r\n")), head.toString(), new String(body, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            listening.close();
            // The port is free once accept() has returned.
            accepting.join();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }
}
