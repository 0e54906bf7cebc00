package io.neurovisor.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the processes of every guest do. The guest has {@code true}, {@code echo}, {@code cat}, {@code sleep}, {@code yes}. */
@Timeout(120)
public abstract class GuestProcessesContract {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int KEPT_BYTES = 256 << 10;

    /** Returns the processes of a guest that has started none yet; the same for each call in a test. */
    protected abstract GuestProcesses processes();

    @Test
    void reportsStartAndEnd() {
        try (ProcessEvents events = start(command("true"))) {
            assertThat(events.next().orElseThrow()).isInstanceOf(ProcessEvent.Started.class);
            ProcessEnd end = end(events);
            assertThat(end.exitCode()).isZero();
            assertThat(end.signal()).isZero();
            assertThat(end.timedOut()).isFalse();
            assertThat(events.next()).isEmpty();
        }
    }

    @Test
    void sendsOutputWithOffsets() {
        try (ProcessEvents events = start(command("echo", "one", "two"))) {
            ProcessSelector _ = started(events);
            Read output = read(events, 8);
            assertThat(output.text()).isEqualTo("one two\n");
            assertThat(output.first()).isZero();
            assertThat(end(events).exitCode()).isZero();
        }
    }

    @Test
    void passesInputOnUntilItIsClosed() {
        try (ProcessEvents events = start(withInput("cat"))) {
            ProcessSelector process = started(events);
            send(process, "one\n");
            assertThat(read(events, 4).text()).isEqualTo("one\n");
            try (ProcessInput input = processes().streamInput(process, soon())) {
                input.write(ByteBuffer.wrap("two\n".getBytes(UTF_8)));
                input.finish();
            }
            Read second = read(events, 4);
            assertThat(second.text()).isEqualTo("two\n");
            assertThat(second.first()).isEqualTo(4);
            processes().closeInput(process, soon());
            assertThat(end(events).exitCode()).isZero();
        }
    }

    @Test
    void aStreamOfInputEndsWithItsProcess() throws Exception {
        try (ProcessEvents events = start(withInput("cat"))) {
            ProcessSelector process = started(events);
            try (ProcessInput input = processes().streamInput(process, soon())) {
                CountDownLatch ended = new CountDownLatch(1);
                input.onEnd(ended::countDown);
                processes().signal(process, SIGKILL, false, soon());
                assertThat(ended.await(1, TimeUnit.MINUTES)).isTrue();
                assertFault(Fault.PROCESS_UNKNOWN, input::finish);
            }
        }
    }

    @Test
    void refusesInputForAProcessWithoutIt() {
        try (ProcessEvents events = start(command("sleep", "1000"))) {
            ProcessSelector process = started(events);
            assertFault(Fault.PROCESS_REFUSED, () -> send(process, "one\n"));
            assertFault(Fault.PROCESS_REFUSED, () -> processes().closeInput(process, soon()));
            assertFault(Fault.PROCESS_REFUSED, () -> {
                try (ProcessInput input = processes().streamInput(process, soon())) {
                    input.finish();
                }
            });
            kill(process);
        }
    }

    @Test
    void attachesFromAnOffset() {
        try (ProcessEvents first = start(withInput("cat"))) {
            ProcessSelector process = started(first);
            send(process, "hello\n");
            assertThat(read(first, 6).text()).isEqualTo("hello\n");
            try (ProcessEvents second = attach(process, new OutputStart.From(new OutputOffsets(2, 0, 0)))) {
                assertThat(started(second)).isEqualTo(process);
                Read rest = read(second, 4);
                assertThat(rest.text()).isEqualTo("llo\n");
                assertThat(rest.first()).isEqualTo(2);
            }
            try (ProcessEvents third = attach(process, new OutputStart.Kept())) {
                started(third);
                assertThat(read(third, 6).text()).isEqualTo("hello\n");
            }
            try (ProcessEvents last = attach(process, new OutputStart.Now())) {
                started(last);
                send(process, "more\n");
                Read more = read(last, 5);
                assertThat(more.text()).isEqualTo("more\n");
                assertThat(more.first()).isEqualTo(6);
            }
            assertFault(
                    Fault.INVALID_ARGUMENT, () -> attach(process, new OutputStart.From(new OutputOffsets(1000, 0, 0))));
            kill(process);
        }
    }

    @Test
    void keepsTheEndOfOutputThatIsNotRead() {
        ProcessSelector process;
        try (ProcessEvents events = start(command("yes"))) {
            process = started(events);
        }
        awaitInfo(process, info -> info.offsets().stdout() > 2 * KEPT_BYTES);
        try (ProcessEvents events = attach(process, new OutputStart.From(OutputOffsets.START))) {
            started(events);
            ProcessEvent.Gap gap = (ProcessEvent.Gap) next(events);
            assertThat(gap.stream()).isEqualTo(ProcessStream.STDOUT);
            assertThat(gap.from()).isZero();
            assertThat(gap.to()).isPositive();
            assertThat(read(events, 1000).first()).isEqualTo(gap.to());
        }
        kill(process);
    }

    /** More than is kept, so that the process has to wait for its reader. */
    @Test
    void aReaderGetsAllOutputInOrder() {
        try (ProcessEvents events = start(command("yes"))) {
            ProcessSelector process = started(events);
            Read output = read(events, 4 * KEPT_BYTES);
            assertThat(output.first()).isZero();
            assertThat(output.text()).startsWith("y\ny\n").doesNotContain("yy", "\n\n");
            kill(process);
        }
    }

    @Test
    void findsProcessesByTheirTag() {
        ProcessSpec tagged = new ProcessSpec(
                "sleep",
                List.of("1000"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.of("a tag"),
                false,
                Optional.empty());
        ProcessSelector tag = new ProcessSelector.Tag("a tag");
        try (ProcessEvents events = start(tagged)) {
            ProcessSelector process = started(events);
            assertFault(Fault.TAG_TAKEN, () -> start(tagged));
            try (ProcessEvents attached = attach(tag, new OutputStart.Kept())) {
                assertThat(started(attached)).isEqualTo(process);
            }
            kill(tag);
            assertThat(end(events).signal()).isEqualTo(SIGKILL);
        }
        try (ProcessEvents events = start(tagged)) {
            kill(started(events));
        }
    }

    @Test
    void rejectsUnknownProcesses() {
        for (ProcessSelector process : List.of(new ProcessSelector.Pid(999_999), new ProcessSelector.Tag("none"))) {
            assertFault(Fault.PROCESS_UNKNOWN, () -> attach(process, new OutputStart.Kept()));
            assertFault(Fault.PROCESS_UNKNOWN, () -> send(process, "one\n"));
            assertFault(Fault.PROCESS_UNKNOWN, () -> processes().closeInput(process, soon()));
            assertFault(Fault.PROCESS_UNKNOWN, () -> processes().signal(process, SIGTERM, false, soon()));
            assertFault(Fault.PROCESS_UNKNOWN, () -> processes().resize(process, new TerminalSize(24, 80), soon()));
        }
    }

    @Test
    void rejectsAnUnknownCommand() {
        assertFault(Fault.INVALID_ARGUMENT, () -> start(command("no-such-command")));
        assertThat(processes().list(soon())).isEmpty();
    }

    @Test
    void signalsEndAProcess() {
        try (ProcessEvents events = start(command("sleep", "1000"))) {
            processes().signal(started(events), SIGTERM, true, soon());
            ProcessEnd end = end(events);
            assertThat(end.signal()).isEqualTo(SIGTERM);
            assertThat(end.exitCode()).isEqualTo(128 + SIGTERM);
        }
    }

    @Test
    void refusesToResizeAProcessWithoutATerminal() {
        try (ProcessEvents events = start(command("sleep", "1000"))) {
            ProcessSelector process = started(events);
            assertFault(Fault.PROCESS_REFUSED, () -> processes().resize(process, new TerminalSize(24, 80), soon()));
            kill(process);
        }
    }

    @Test
    void listsRunningAndEndedProcesses() {
        try (ProcessEvents first = start(command("echo", "word"));
                ProcessEvents second = start(command("sleep", "1000"))) {
            ProcessSelector ended = started(first);
            ProcessEnd _ = end(first);
            ProcessSelector running = started(second);
            List<ProcessInfo> all = processes().list(soon());
            assertThat(all)
                    .extracting(info -> new ProcessSelector.Pid(info.pid()))
                    .containsExactly((ProcessSelector.Pid) ended, (ProcessSelector.Pid) running);
            assertThat(all).extracting(info -> info.spec().command()).containsExactly("echo", "sleep");
            assertThat(all)
                    .extracting(info -> info.spec().arguments())
                    .containsExactly(List.of("word"), List.of("1000"));
            assertThat(all.getFirst().end().orElseThrow().exitCode()).isZero();
            assertThat(all.getFirst().offsets().stdout()).isEqualTo(5);
            assertThat(all.getLast().end()).isEmpty();
            kill(running);
        }
    }

    @Test
    void aProcessOutlivesItsStream() {
        ProcessSelector process;
        try (ProcessEvents events = start(withInput("cat"))) {
            process = started(events);
        }
        send(process, "still here\n");
        try (ProcessEvents events = attach(process, new OutputStart.Kept())) {
            started(events);
            assertThat(read(events, 11).text()).isEqualTo("still here\n");
        }
        kill(process);
    }

    @Test
    void aProcessEndsWithItsStreamIfRequested() {
        ProcessEvents owner = start(new ProcessSpec(
                "sleep",
                List.of("1000"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                true,
                Optional.empty()));
        try (ProcessEvents attached = attach(started(owner), new OutputStart.Kept())) {
            started(attached);
            owner.close();
            assertThat(end(attached).signal()).isEqualTo(SIGKILL);
        }
    }

    @Test
    void aProcessEndsWithItsTime() {
        try (ProcessEvents events = start(new ProcessSpec(
                "sleep",
                List.of("1000"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.of(Duration.ofSeconds(1))))) {
            started(events);
            ProcessEnd end = end(events);
            assertThat(end.timedOut()).isTrue();
            assertThat(end.signal()).isEqualTo(SIGKILL);
        }
    }

    @Test
    void limitsTheNumberOfProcesses() {
        List<ProcessEvents> all = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                all.add(start(command("sleep", "1000")));
            }
            assertFault(Fault.PROCESS_LIMIT, () -> start(command("sleep", "1000")));
        } finally {
            all.forEach(events -> kill(started(events)));
            all.forEach(ProcessEvents::close);
        }
    }

    private static ProcessSpec command(String command, String... arguments) {
        return spec(command, List.of(arguments), false);
    }

    private static ProcessSpec withInput(String command) {
        return spec(command, List.of(), true);
    }

    private static ProcessSpec spec(String command, List<String> arguments, boolean hasInput) {
        return new ProcessSpec(
                command,
                arguments,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                hasInput,
                Optional.empty(),
                false,
                Optional.empty());
    }

    private ProcessEvents start(ProcessSpec spec) {
        return processes().start(spec, soon());
    }

    private ProcessEvents attach(ProcessSelector process, OutputStart start) {
        return processes().attach(process, start, soon());
    }

    private void send(ProcessSelector process, String text) {
        processes().sendInput(process, ByteBuffer.wrap(text.getBytes(UTF_8)), soon());
    }

    private void kill(ProcessSelector process) {
        processes().signal(process, SIGKILL, true, soon());
    }

    private static ProcessSelector started(ProcessEvents events) {
        return new ProcessSelector.Pid(((ProcessEvent.Started) next(events)).pid());
    }

    private static ProcessEnd end(ProcessEvents events) {
        while (true) {
            if (next(events) instanceof ProcessEvent.Ended(ProcessEnd end)) {
                return end;
            }
        }
    }

    private static ProcessEvent next(ProcessEvents events) {
        ProcessEvent event = events.next().orElseThrow();
        return event instanceof ProcessEvent.KeepAlive ? next(events) : event;
    }

    /** Reads at least this much output of stdout, which must have no gaps. */
    private static Read read(ProcessEvents events, int bytes) {
        StringBuilder text = new StringBuilder();
        long first = -1;
        while (text.length() < bytes) {
            ProcessEvent.Output output = (ProcessEvent.Output) next(events);
            assertThat(output.stream()).isEqualTo(ProcessStream.STDOUT);
            first = first < 0 ? output.offset() : first;
            assertThat(output.offset()).isEqualTo(first + text.length());
            text.append(UTF_8.decode(output.data()));
        }
        return new Read(first, text.toString());
    }

    private record Read(long first, String text) {}

    private void awaitInfo(ProcessSelector process, Predicate<ProcessInfo> condition) {
        while (processes().list(soon()).stream()
                .filter(info -> process.equals(new ProcessSelector.Pid(info.pid())))
                .noneMatch(condition)) {
            Thread.onSpinWait();
        }
    }

    private static void assertFault(Fault fault, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}
