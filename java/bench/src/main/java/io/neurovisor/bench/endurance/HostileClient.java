package io.neurovisor.bench.endurance;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.trace.TraceIds;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** A tenant that uses as much of a daemon as it can. Its results are not checked. */
final class HostileClient {
    private static final int FLOOD = 24;
    private static final int READERS = 8;
    private static final int CONNECTIONS = 40;
    private static final int GUESSES = 50;
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final TestedDaemon daemon;
    private final String key;
    private final SandboxSize size;
    private final Map<Attack, AtomicInteger> made = new EnumMap<>(Attack.class);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CountDownLatch end = new CountDownLatch(1);

    /** The attacks, one of which runs at a time. */
    enum Attack {
        /** Programs that use all of their time, more than the tenant may have machines. */
        FLOOD,
        /** Output that the client does not read. */
        UNREAD,
        /** A stored result that many clients ask for and do not read. */
        REPLAY,
        /** Connections that are closed as soon as they are open. */
        CHURN,
        /** Keys that do not exist. */
        GUESS
    }

    HostileClient(TestedDaemon daemon, String key, SandboxSize size) {
        this.daemon = daemon;
        this.key = key;
        this.size = size;
        for (Attack attack : Attack.values()) {
            made.put(attack, new AtomicInteger());
        }
    }

    /** Attacks until {@link #stop}. */
    void run(RandomGenerator random) throws InterruptedException {
        while (!ended.get()) {
            Attack attack = Attack.values()[random.nextInt(Attack.values().length)];
            make(attack);
            requireNonNull(made.get(attack), "each has a count").incrementAndGet();
        }
    }

    void stop() {
        ended.set(true);
        end.countDown();
    }

    int count(Attack attack) {
        return requireNonNull(made.get(attack), "each has a count").get();
    }

    private void make(Attack attack) throws InterruptedException {
        switch (attack) {
            case FLOOD -> together(FLOOD, _ -> execute("while true; do :; done", Optional.empty(), false));
            case UNREAD -> together(READERS, _ -> execute("head -c 30000000 /dev/zero", Optional.empty(), true));
            case REPLAY -> {
                Optional<String> once = Optional.of(UUID.randomUUID().toString());
                execute("head -c 3000000 /dev/zero", once, false);
                together(READERS, _ -> execute("head -c 3000000 /dev/zero", once, true));
            }
            case CHURN ->
                together(CONNECTIONS, _ -> daemon.connect(Optional.of(key)).close());
            case GUESS -> together(GUESSES, _ -> guess());
        }
    }

    @FunctionalInterface
    private interface Step {
        void take(int number) throws InterruptedException;
    }

    /** Runs the step in parallel and returns when all threads have ended. */
    private static void together(int count, Step step) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            int number = index;
            threads.add(Thread.ofVirtual().start(() -> attempt(step, number)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void attempt(Step step, int number) {
        try {
            step.take(number);
        } catch (NeuroVisorException refusal) {
            // A rejection is the expected result.
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    private void execute(String command, Optional<String> once, boolean unread) throws InterruptedException {
        ExecutionRequest request =
                new ExecutionRequest(TraceIds.next(), new Program(Language.BASH, command), TIMEOUT, size);
        OutputSink sink = unread ? new UnreadSink() : new ReceivedOutput(() -> {});
        try (DaemonClient client = daemon.connect(Optional.of(key))) {
            if (once.isPresent()) {
                client.executeOnce(once.get(), request, sink);
            } else {
                client.execute(request, sink);
            }
        } catch (NeuroVisorException refusal) {
            // A rejection is the expected result.
        }
    }

    private void guess() throws InterruptedException {
        ExecutionRequest request =
                new ExecutionRequest(TraceIds.next(), new Program(Language.BASH, "true"), TIMEOUT, size);
        try (DaemonClient client = daemon.connect(Optional.of(UUID.randomUUID().toString()))) {
            client.execute(request, new ReceivedOutput(() -> {}));
        }
    }

    /** Blocks at the first part of the output until the client stops. */
    private final class UnreadSink implements OutputSink {
        private static final Duration PATIENCE = Duration.ofSeconds(15);

        @Override
        public void stdout(ByteBuffer output) {
            try {
                boolean _ = end.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void stderr(ByteBuffer output) {}

        @Override
        public void file(String path, ByteBuffer part, boolean last) {}
    }
}
