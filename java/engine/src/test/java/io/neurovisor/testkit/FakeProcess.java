package io.neurovisor.testkit;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** A process of {@link FakeProcesses}: a command in a thread, its input and its kept output. */
final class FakeProcess implements FakeProcesses.Io {
    private static final int KEPT_BYTES = 256 << 10;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int SIGKILL = 9;
    private static final Set<Integer> IGNORED_SIGNALS = Set.of(17, 18, 23, 28);

    private final int pid;
    private final ProcessSpec spec;
    private final FakeProcesses.Command command;
    private final Thread thread;

    /** Fair, so that a command that never waits lets others in. */
    private final Lock lock = new ReentrantLock(true);

    private final Condition changed = lock.newCondition();

    /** What the command waits for while a reader is behind. */
    private final Condition consumed = lock.newCondition();

    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    // Guarded by the lock.
    private final Map<ProcessStream, Kept> outputs = new EnumMap<>(ProcessStream.class);
    private final Set<Events> readers = new HashSet<>();
    private final Deque<byte[]> input = new ArrayDeque<>();
    private boolean inputClosed;
    private Optional<ProcessEnd> end = Optional.empty();
    private int signal;
    private boolean timedOut;
    private boolean lost;

    /** The last bytes of a stream. */
    private static final class Kept {
        private byte[] bytes = {};
        private long start;

        long end() {
            return start + bytes.length;
        }

        void add(byte[] more) {
            byte[] all = Arrays.copyOf(bytes, bytes.length + more.length);
            System.arraycopy(more, 0, all, bytes.length, more.length);
            int dropped = Math.max(0, all.length - KEPT_BYTES);
            bytes = Arrays.copyOfRange(all, dropped, all.length);
            start += dropped;
        }

        ByteBuffer from(long position) {
            int index = Math.toIntExact(position - start);
            return ByteBuffer.wrap(Arrays.copyOfRange(bytes, index, Math.min(bytes.length, index + CHUNK_BYTES)))
                    .asReadOnlyBuffer();
        }
    }

    FakeProcess(int pid, ProcessSpec spec, FakeProcesses.Command command) {
        this.pid = pid;
        this.spec = spec;
        this.command = command;
        // A command that never waits, such as "yes", would keep the carrier of a virtual thread.
        this.thread = Thread.ofPlatform().daemon().name("process " + pid).unstarted(this::run);
        if (spec.terminal().isPresent()) {
            outputs.put(ProcessStream.TERMINAL, new Kept());
        } else {
            outputs.put(ProcessStream.STDOUT, new Kept());
            outputs.put(ProcessStream.STDERR, new Kept());
        }
    }

    void start() {
        thread.start();
    }

    private void run() {
        int exitCode = 0;
        try {
            exitCode = command.run(spec.arguments(), this);
        } catch (InterruptedException killed) {
            // The signal is known.
        }
        lock.lock();
        try {
            end = Optional.of(
                    new ProcessEnd(signal == 0 ? exitCode : 128 + signal, signal, "", Duration.ofMillis(1), timedOut));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean _ = ended.complete(null);
    }

    /** Runs the action once the process has ended, or is lost with its machine. */
    void onEnd(Runnable action) {
        CompletableFuture<Void> _ = ended.thenRun(action);
    }

    @Override
    public Optional<byte[]> read() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (input.isEmpty() && hasInput() && !inputClosed) {
                changed.await();
            }
            return Optional.ofNullable(input.poll());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(ProcessStream stream, byte[] bytes) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            ProcessStream target = spec.terminal().isPresent() ? ProcessStream.TERMINAL : stream;
            Kept kept = requireNonNull(outputs.get(target));
            while (readers.stream().anyMatch(reader -> reader.isBehind(target, kept.end() + bytes.length))) {
                consumed.await();
            }
            kept.add(bytes);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean hasInput() {
        return spec.hasInput() || spec.terminal().isPresent();
    }

    int pid() {
        return pid;
    }

    Optional<String> tag() {
        return spec.tag();
    }

    boolean isRunning() {
        lock.lock();
        try {
            return end.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    boolean hasTerminal() {
        return spec.terminal().isPresent();
    }

    void sendInput(byte[] bytes) {
        lock.lock();
        try {
            requireInput();
            input.add(bytes);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void closeInput() {
        lock.lock();
        try {
            requireInput();
            inputClosed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void requireInput() {
        if (!hasInput()) {
            throw new NeuroVisorException(Fault.PROCESS_REFUSED, "process " + pid + " was started without input");
        }
    }

    void signal(int number) {
        if (!IGNORED_SIGNALS.contains(number)) {
            end(number, false);
        }
    }

    void timeOut() {
        end(SIGKILL, true);
    }

    void requireMachine() {
        lock.lock();
        try {
            if (lost) {
                throw new NeuroVisorException(Fault.SANDBOX_LOST, "the connection to the guest agent failed");
            }
        } finally {
            lock.unlock();
        }
    }

    private void end(int number, boolean byTimeout) {
        lock.lock();
        try {
            if (end.isEmpty() && signal == 0) {
                signal = number;
                timedOut = byTimeout;
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the streams of events. */
    void endStreams() {
        lock.lock();
        try {
            readers.forEach(reader -> reader.moved = true);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the process with its machine. */
    void lose() {
        lock.lock();
        try {
            lost = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }

    ProcessInfo info() {
        lock.lock();
        try {
            return new ProcessInfo(pid, spec, spec.directory().orElse("/home/user"), Instant.EPOCH, end, offsets());
        } finally {
            lock.unlock();
        }
    }

    private OutputOffsets offsets() {
        return new OutputOffsets(
                written(ProcessStream.STDOUT), written(ProcessStream.STDERR), written(ProcessStream.TERMINAL));
    }

    private long written(ProcessStream stream) {
        return Optional.ofNullable(outputs.get(stream)).map(Kept::end).orElse(0L);
    }

    /** @param starter whether this is the stream of the call that has started the process */
    ProcessEvents attach(OutputStart from, boolean starter) {
        lock.lock();
        try {
            Events events = new Events(from, starter && spec.endsWithStream());
            readers.add(events);
            return events;
        } finally {
            lock.unlock();
        }
    }

    private final class Events implements ProcessEvents {
        private final Map<ProcessStream, Long> positions = new EnumMap<>(ProcessStream.class);
        private final boolean ends;
        private boolean startSent;
        private boolean endSent;
        private boolean closed;
        private boolean moved;

        Events(OutputStart from, boolean ends) {
            this.ends = ends;
            outputs.forEach((stream, kept) -> positions.put(stream, position(from, stream, kept)));
        }

        private static long position(OutputStart from, ProcessStream stream, Kept kept) {
            long position = switch (from) {
                case OutputStart.Kept() -> 0;
                case OutputStart.Now() -> kept.end();
                case OutputStart.From(OutputOffsets offsets) ->
                    switch (stream) {
                        case STDOUT -> offsets.stdout();
                        case STDERR -> offsets.stderr();
                        case TERMINAL -> offsets.terminal();
                    };
            };
            if (position > kept.end()) {
                throw NeuroVisorException.invalid(
                        "offsets",
                        "offsets: is beyond the %d bytes that the process has written".formatted(kept.end()));
            }
            return position;
        }

        boolean isBehind(ProcessStream stream, long end) {
            return end - requireNonNull(positions.get(stream)) > KEPT_BYTES;
        }

        @Override
        public Optional<ProcessEvent> next() {
            lock.lock();
            try {
                Optional<ProcessEvent> next = ready();
                while (next.isEmpty() && !closed && !endSent) {
                    requireMachine();
                    if (moved) {
                        throw new NeuroVisorException(
                                Fault.SANDBOX_MOVED, "the programs of the sandbox were frozen during a call");
                    }
                    changed.await();
                    next = ready();
                }
                return next;
            } catch (InterruptedException exception) {
                throw NeuroVisorException.interrupted("listening to the guest was interrupted", exception);
            } finally {
                lock.unlock();
            }
        }

        private Optional<ProcessEvent> ready() {
            if (closed || lost || endSent) {
                return Optional.empty();
            }
            if (!startSent) {
                startSent = true;
                return Optional.of(new ProcessEvent.Started(pid));
            }
            return output().or(() -> {
                endSent = end.isPresent();
                return end.map(ProcessEvent.Ended::new);
            });
        }

        private Optional<ProcessEvent> output() {
            for (Map.Entry<ProcessStream, Kept> output : outputs.entrySet()) {
                ProcessStream stream = output.getKey();
                Kept kept = output.getValue();
                long position = requireNonNull(positions.get(stream));
                if (position < kept.start) {
                    positions.put(stream, kept.start);
                    return Optional.of(new ProcessEvent.Gap(stream, position, kept.start));
                }
                if (position < kept.end()) {
                    ByteBuffer data = kept.from(position);
                    positions.put(stream, position + data.remaining());
                    consumed.signalAll();
                    return Optional.of(new ProcessEvent.Output(stream, position, data));
                }
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            lock.lock();
            try {
                closed = true;
                readers.remove(this);
                changed.signalAll();
                consumed.signalAll();
            } finally {
                lock.unlock();
            }
            if (ends && !moved) {
                signal(SIGKILL);
            }
        }
    }
}
