package io.neurovisor.host.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.message.GuestText;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A session of the QEMU machine protocol (docs/interop/qmp-spec of QEMU): one command at a time; events are kept until
 * they are awaited. Lines and events are bounded, because a guest that took over its VMM could write anything.
 */
final class QmpConnection implements AutoCloseable {
    private static final int MAX_EVENTS = 64;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel socket;
    /** The messages of QEMU in order; empty at the end. */
    private final BlockingQueue<Optional<JsonNode>> messages = new LinkedBlockingQueue<>(MAX_EVENTS);

    private final Deque<JsonNode> events = new ArrayDeque<>();
    private final CompletableFuture<String> guestShutdown = new CompletableFuture<>();

    /** The number of the last command. */
    @GuardedBy("this")
    private int commands;

    private QmpConnection(SocketChannel socket) {
        this.socket = socket;
    }

    /** Connects and negotiates; returns when QEMU accepts commands. */
    static QmpConnection open(Path socketPath, Deadline deadline) {
        SocketChannel socket;
        try {
            socket = SocketChannel.open(UnixDomainSocketAddress.of(socketPath));
        } catch (IOException exception) {
            throw lost(exception);
        }
        QmpConnection connection = new QmpConnection(socket);
        // A platform thread: reading in a virtual thread starts the JDK's pollers, which delay the exit of the JVM by
        // 300 ms.
        Thread.ofPlatform().daemon().name("qmp-reader").start(connection::readMessages);
        JsonNode greeting = connection.next(deadline, "greeting");
        if (!greeting.has("QMP")) {
            connection.close();
            throw new NeuroVisorException(
                    Fault.VMM_FAILED,
                    "QEMU's monitor greets with \"" + GuestText.line(greeting.toString()) + "\", not QMP");
        }
        connection.execute("qmp_capabilities", Map.of(), deadline);
        return connection;
    }

    /** Runs a command and returns its result; throws with QEMU's own description of an error. */
    synchronized JsonNode execute(String command, Map<String, ?> arguments, Deadline deadline) {
        if (Thread.currentThread().isInterrupted()) {
            // Writing would close the connection, and with it the machine could not be controlled any more.
            throw new NeuroVisorException(Fault.INTERRUPTED, "QEMU's " + command + " was interrupted");
        }
        int number = ++commands;
        ObjectNode message = JSON.createObjectNode().put("execute", command).put("id", number);
        if (!arguments.isEmpty()) {
            message.set("arguments", JSON.valueToTree(arguments));
        }
        send(message);
        while (true) {
            JsonNode answer = next(deadline, "answer to " + command);
            if (answer.has("event")) {
                keep(answer);
            } else if (answer.path("id").asInt(number) == number) {
                return result(command, answer);
            }
            // Else the answer to an earlier command, which was not awaited any longer.
        }
    }

    private static JsonNode result(String command, JsonNode answer) {
        if (answer.has("error")) {
            throw new NeuroVisorException(
                    Fault.VMM_FAILED,
                    "QEMU refused " + command + ": "
                            + QmpMessages.sanitized(answer.path("error").path("desc")));
        }
        return answer.path("return");
    }

    /** Waits for an event that has arrived since the connection was opened and has not been taken yet. */
    synchronized JsonNode awaitEvent(String name, Predicate<JsonNode> wanted, Deadline deadline) {
        while (true) {
            Optional<JsonNode> event = takeEvent(name, wanted);
            if (event.isPresent()) {
                return event.get();
            }
            JsonNode message = next(deadline, "event " + name);
            if (message.has("event")) {
                keep(message);
            }
        }
    }

    /** Completes with QEMU's reason when the guest has powered off or reset its machine, which then stops. */
    CompletableFuture<String> guestShutdown() {
        return guestShutdown;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException exception) {
            throw lost(exception);
        }
    }

    private Optional<JsonNode> takeEvent(String name, Predicate<JsonNode> wanted) {
        while (!events.isEmpty()) {
            JsonNode event = events.removeFirst();
            if (event.path("event").asText().equals(name) && wanted.test(event)) {
                return Optional.of(event);
            }
        }
        return Optional.empty();
    }

    private void keep(JsonNode event) {
        if (events.size() == MAX_EVENTS) {
            events.removeFirst();
        }
        events.addLast(event);
    }

    private void send(JsonNode message) {
        try {
            ByteBuffer line = StandardCharsets.UTF_8.encode(JSON.writeValueAsString(message) + "\n");
            while (line.hasRemaining()) {
                socket.write(line);
            }
        } catch (IOException exception) {
            throw lost(exception);
        }
    }

    private JsonNode next(Deadline deadline, String what) {
        try {
            Optional<JsonNode> message = messages.poll(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            if (message == null) {
                throw new NeuroVisorException(Fault.GUEST_SILENT, "QEMU's monitor gave no " + what + " in time");
            }
            if (message.isEmpty()) {
                hangUp();
            }
            return message.orElseThrow(() -> lost(null));
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("waiting for QEMU's " + what + " was interrupted", exception);
        }
    }

    private void readMessages() {
        try (InputStream input = new BufferedInputStream(Channels.newInputStream(socket))) {
            QmpMessages said = new QmpMessages(input);
            for (Optional<JsonNode> message = said.next(); message.isPresent(); message = said.next()) {
                noteShutdown(message.get());
                messages.put(message);
            }
        } catch (JsonProcessingException exception) {
            // The peer cannot be trusted any further; closing the connection below reports that.
        } catch (IOException exception) {
            // The VMM has ended, or the session has been closed.
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        } finally {
            hangUp();
        }
    }

    private void noteShutdown(JsonNode message) {
        if (message.path("event").asText().equals("SHUTDOWN")) {
            guestShutdown.complete(QmpMessages.sanitized(message.path("data").path("reason")));
        }
    }

    private void hangUp() {
        try {
            messages.put(Optional.empty());
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    private static NeuroVisorException lost(@org.jspecify.annotations.Nullable IOException cause) {
        return new NeuroVisorException(Fault.VMM_FAILED, "QEMU's monitor hung up", cause);
    }
}
