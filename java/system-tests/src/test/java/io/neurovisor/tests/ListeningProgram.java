package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server of the makers of Prometheus, on a port that it has chosen itself. Closing it ends it. */
final class ListeningProgram implements AutoCloseable {
    static final String ANY_PORT = "--web.listen-address=127.0.0.1:0";

    private static final Pattern LISTENS = Pattern.compile(".*\"Listening on\".* address=127\\.0\\.0\\.1:(\\d+)");
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Process process;
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final int port;

    private ListeningProgram(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().start(() -> process.inputReader().lines().forEach(messages::add));
        this.port = await().atMost(LIMIT)
                .failFast(() -> {
                    assertThat(process.isAlive()).as("ended: " + messages).isTrue();
                })
                .until(this::announcedPort, Optional::isPresent)
                .orElseThrow();
    }

    /** Serves when this returns. {@link #ANY_PORT} must be among the arguments. */
    static ListeningProgram start(List<String> command) {
        try {
            return new ListeningProgram(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private Optional<Integer> announcedPort() {
        return messages.stream()
                .map(LISTENS::matcher)
                .filter(Matcher::matches)
                .map(matcher -> Integer.valueOf(matcher.group(1)))
                .findFirst();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    List<String> messages() {
        return List.copyOf(messages);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            int _ = process.waitFor();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }
}
