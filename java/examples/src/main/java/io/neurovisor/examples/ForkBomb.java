package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a fork bomb and observes the host. */
final class ForkBomb {
    /**
     * Every process forks until the kernel refuses. The first process counts them and keeps trying for a second, and at
     * least 100 times: among so many processes, more than a second can pass before it runs again.
     */
    private static final String BOMB = """
            import errno, os, signal, time

            births, birth = os.pipe()
            os.set_blocking(birth, False)
            first = os.getpid()
            while True:
                try:
                    child = os.fork()
                except OSError as error:
                    refusal = errno.errorcode[error.errno]
                    break
                if child == 0:
                    os.write(birth, b".")
            if os.getpid() != first:
                signal.pause()

            processes = len(os.read(births, 65536)) + 1
            print(f"{processes} processes, then {refusal}", flush=True)
            tries = escapes = 0
            end = time.monotonic() + 1
            while tries < 100 or time.monotonic() < end:
                tries += 1
                try:
                    if os.fork() == 0:
                        signal.pause()
                    escapes += 1
                except OSError:
                    pass
            print(f"{escapes} of {tries} more", flush=True)
            """;

    private static final Pattern LIMIT = Pattern.compile("(\\d{1,6}) processes, then EAGAIN");
    private static final Pattern MORE = Pattern.compile("(\\d{1,9}) of (\\d{1,9}) more");
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Above the limit of every machine, and harmless to a host. */
    private static final int MOST_PROCESSES = 4096;

    /** The spawner, bubblewrap and the VMM in its jail. */
    private static final int HOST_PROCESSES = 3;

    private ForkBomb() {}

    static void run(ExampleRun run) {
        AtomicLong hostProcesses = new AtomicLong(-1);
        CollectedOutput output = new CollectedOutput(text -> {
            if (LIMIT.matcher(text).find() && hostProcesses.get() < 0) {
                // The bomb has reached its limit; the host must still be able to start a program.
                hostProcesses.set(ProcessHandle.current().descendants().count());
                Tool.of(ToolCommand.of("true", "coreutils")).run().orThrow();
            }
        });
        ExecutionResult result = run.execute(Language.PYTHON, BOMB, TIMEOUT, output);

        Matcher limit = LIMIT.matcher(output.text());
        boolean reached = limit.find();
        int processes = reached ? Integer.parseInt(limit.group(1)) : 0;
        run.check(
                reached && processes > 1 && processes < MOST_PROCESSES,
                "the guest's kernel refused to fork: " + firstLine(output.text()));
        Matcher more = MORE.matcher(output.text());
        boolean tried = more.find();
        run.check(
                tried && more.group(1).equals("0") && !more.group(2).equals("0"),
                "in another second of trying, it started " + (tried ? more.group() : "an unknown number"));
        run.check(
                hostProcesses.get() >= 0 && hostProcesses.get() <= HOST_PROCESSES,
                "on the host it had " + hostProcesses + " processes, and the host could start another program");
        run.check(
                result.outcome() == Outcome.COMPLETED
                        && result.exit().exitCode() == 0
                        && result.runTime().compareTo(TIMEOUT.plus(GRACE)) < 0,
                "the execution ended as " + result.outcome() + " with exit code "
                        + result.exit().exitCode() + " after "
                        + result.runTime().toMillis() + " ms");
        answersAfterwards(run);
    }

    private static void answersAfterwards(ExampleRun run) {
        CollectedOutput output = new CollectedOutput(_ -> {});
        ExecutionResult result = run.execute(Language.PYTHON, "print(6*7)", TIMEOUT, output);
        run.check(
                result.outcome() == Outcome.COMPLETED && output.text().equals("42\n"),
                "the next sandbox answers: " + firstLine(output.text()));
    }

    /** Returns the first line, in which characters that could harm a terminal are replaced. */
    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("(nothing)").replaceAll("[^ -~]", "?");
    }
}
