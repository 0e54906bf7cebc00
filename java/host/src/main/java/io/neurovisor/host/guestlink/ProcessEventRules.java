package io.neurovisor.host.guestlink;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.ProcessStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a guest may send as the events of a process: first its start, last its end, and output whose offsets increase.
 * Events without output are bounded, because credits do not bound them. Not thread-safe.
 */
final class ProcessEventRules implements StreamRules<ProcessEvent> {
    static final int MAX_OUTPUT_BYTES = 64 << 10;

    /** The least that a message of output counts as, because of what a message costs besides its bytes. */
    static final int LEAST_COUNTED_BYTES = 64;

    /** The most gaps of a stream without output between them. */
    static final int MOST_GAPS = 64;

    /** An agent sends one every 30 seconds. Several may arrive together after a pause of the machine. */
    static final Duration KEEP_ALIVE_INTERVAL = Duration.ofSeconds(10);

    static final int KEEP_ALIVES_AT_ONCE = 16;

    private final Ticker ticker;
    private final long startNanos;
    private final Map<ProcessStream, Long> nextOffsets = new EnumMap<>(ProcessStream.class);
    private final Map<ProcessStream, Integer> gaps = new EnumMap<>(ProcessStream.class);
    private long keepAlives;
    private boolean started;
    private boolean ended;

    /** @param from the positions from which output was requested */
    ProcessEventRules(OutputOffsets from, Ticker ticker) {
        this.ticker = ticker;
        this.startNanos = ticker.nanos();
        nextOffsets.put(ProcessStream.PROCESS_STREAM_STDOUT, from.stdout());
        nextOffsets.put(ProcessStream.PROCESS_STREAM_STDERR, from.stderr());
        nextOffsets.put(ProcessStream.PROCESS_STREAM_PTY, from.terminal());
    }

    @Override
    public int check(ProcessEvent event) {
        require(!ended, "sent an event after the end of a process");
        require(
                started == !event.hasStarted(),
                started ? "sent the start of a process twice" : "sent an event before the start of a process");
        return switch (event.getEventCase()) {
            case STARTED -> {
                require(event.getStarted().getPid() > 0, "sent a process number that does not exist");
                started = true;
                yield 0;
            }
            case OUTPUT -> output(event.getOutput());
            case GAP -> {
                gap(event.getGap());
                yield 0;
            }
            case ENDED -> {
                ended = true;
                yield 0;
            }
            case KEEP_ALIVE -> {
                keepAlive();
                yield 0;
            }
            case EVENT_NOT_SET -> throw violation("sent an empty event");
        };
    }

    @Override
    public int uncountedBytes(ProcessEvent event) {
        return event.getEnded().getKilledProcessBytes().size();
    }

    private int output(ProcessOutput output) {
        int bytes = output.getData().size();
        require(bytes > 0, "sent output without bytes");
        require(bytes <= MAX_OUTPUT_BYTES, "sent output of more than 64 KiB at once");
        advance(output.getStream(), output.getOffset(), output.getOffset() + bytes);
        gaps.put(output.getStream(), 0);
        return Math.max(bytes, LEAST_COUNTED_BYTES);
    }

    private void gap(OutputGap gap) {
        advance(gap.getStream(), gap.getFrom(), gap.getTo());
        int number = gaps.merge(gap.getStream(), 1, Integer::sum);
        require(number <= MOST_GAPS, "sent more than " + MOST_GAPS + " gaps without output");
    }

    private void advance(ProcessStream stream, long from, long to) {
        Long next = nextOffsets.get(stream);
        require(next != null, "sent output of a stream that does not exist");
        require(next != null && from >= next, "sent output whose offsets go back");
        require(to > from, "sent output whose offsets have no end");
        nextOffsets.put(stream, to);
    }

    private void keepAlive() {
        keepAlives++;
        long due = (ticker.nanos() - startNanos) / KEEP_ALIVE_INTERVAL.toNanos();
        require(keepAlives <= due + KEEP_ALIVES_AT_ONCE, "sent keep-alive events without end");
    }

    /** Joins contiguous output, and drops keep-alive events next to others. */
    @Override
    public Optional<ProcessEvent> merged(ProcessEvent first, ProcessEvent second) {
        if (second.hasKeepAlive()) {
            return Optional.of(first);
        }
        if (first.hasKeepAlive()) {
            return Optional.of(second);
        }
        ProcessOutput before = first.getOutput();
        ProcessOutput after = second.getOutput();
        boolean contiguous = first.hasOutput()
                && second.hasOutput()
                && before.getStream() == after.getStream()
                && before.getOffset() + before.getData().size() == after.getOffset()
                && before.getData().size() + after.getData().size() <= MAX_OUTPUT_BYTES;
        return contiguous
                ? Optional.of(ProcessEvent.newBuilder()
                        .setOutput(before.toBuilder().setData(before.getData().concat(after.getData())))
                        .build())
                : Optional.empty();
    }

    @Override
    public boolean isComplete() {
        return ended;
    }

    private static void require(boolean allowed, String what) {
        if (!allowed) {
            throw violation(what);
        }
    }

    private static NeuroVisorException violation(String what) {
        return new NeuroVisorException(Fault.SANDBOX_LOST, what);
    }
}
