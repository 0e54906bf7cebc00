package io.neurovisor.examples;

import static io.neurovisor.examples.EscapeAttempt.refused;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.SkippedFile;
import java.time.Duration;
import java.util.List;

/** Makes twenty attempts to escape, each in a fresh machine. */
final class EscapeAttempts {
    private static final String MACHINE = "layer 6: the machine has no such thing";
    private static final String ACCOUNT = "the guest account: uid 1000 without capabilities";
    private static final String KERNEL = "the guest kernel, which denies its programs such calls";
    private static final String AGENT = "the guest agent, which is root's and invisible";
    private static final String BOUNDS = "the guest agent's bounds";
    private static final String GROUP = "the guest's control group";
    private static final Duration TIMEOUT = Duration.ofSeconds(90);

    private static final List<EscapeAttempt> ATTEMPTS = List.of(
            refused(
                    "ask the cloud's metadata service",
                    MACHINE,
                    "attempt(socket.create_connection, ('169.254.169.254', 80), 5)"),
            refused("reach the Internet", MACHINE, "attempt(socket.create_connection, ('1.1.1.1', 443), 5)"),
            refused("start a machine in the machine", MACHINE, "attempt(os.open, '/dev/kvm', os.O_RDWR)"),
            refused(
                    "reach the host by vsock",
                    MACHINE,
                    "socket.setdefaulttimeout(5)\nattempt(lambda: socket.socket(40, 1).connect((2, 22)))"),
            refused("become root", ACCOUNT, "attempt(os.setuid, 0)"),
            refused("be root of a namespace", ACCOUNT, "call(272, 0x10000000)"),
            refused("mount a file system", ACCOUNT, "call(165, b'proc', b'/tmp', b'proc', 0, 0)"),
            refused("listen to packets", ACCOUNT, "attempt(socket.socket, 17, 3, 0x300)"),
            refused("read physical memory", ACCOUNT, "attempt(os.open, '/dev/mem', os.O_RDONLY)"),
            refused("read the disk beneath", ACCOUNT, "attempt(os.open, '/dev/vda', os.O_RDONLY)"),
            refused("replace the interpreter", ACCOUNT, "attempt(open, os.path.realpath('/usr/bin/python3'), 'wb')"),
            refused("load an eBPF map", KERNEL, "call(321, 0, (ctypes.c_uint32 * 32)(2, 4, 8, 1), 48)"),
            refused("set up an io_uring", KERNEL, "call(425, 8, ctypes.create_string_buffer(120))"),
            refused("load a kernel module", KERNEL, "call(175, bytes(64), 64, b'')"),
            refused("kill the agent", AGENT, "attempt(os.kill, 1, signal.SIGKILL)"),
            refused("trace the agent", AGENT, "call(101, 16, 1, 0, 0)"),
            refused(
                    "speak on the agent's port",
                    AGENT,
                    "attempt(os.open, (glob.glob('/dev/vport*') + ['/dev/none'])[0], os.O_RDWR)"),
            new EscapeAttempt(
                    "run indefinitely",
                    BOUNDS,
                    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('begun', flush=True)\nwhile True: pass",
                    Outcome.TIMED_OUT),
            new EscapeAttempt(
                    "take all memory",
                    GROUP,
                    "print('begun', flush=True)\nhoard = []\nwhile True: hoard.append(b'x' * (1 << 20))",
                    Outcome.OUT_OF_MEMORY));

    /** Offers a link in {@code out/} whose target is not a file of the program. */
    private static final String LINK = """
            import os
            os.makedirs("out", exist_ok=True)
            os.symlink("/etc/passwd", "out/link")
            """;

    private EscapeAttempts() {}

    static void run(ExampleRun run) {
        ATTEMPTS.forEach(attempt -> attempt.make(run));
        returnLink(run);
        CollectedOutput output = new CollectedOutput(_ -> {});
        run.execute(Language.PYTHON, "print(6*7)", TIMEOUT, output);
        run.check(output.text().equals("42\n"), "the next program prints " + ExampleRun.shown(output.text()));
    }

    private static void returnLink(ExampleRun run) {
        ExecutionResult result = run.execute(Language.PYTHON, LINK, TIMEOUT, new CollectedOutput(_ -> {}));
        List<SkippedFile> skipped = result.exit().details().skippedFiles();
        run.check(
                result.outcome() == Outcome.COMPLETED
                        && skipped.equals(List.of(new SkippedFile("link", "is a symbolic link"))),
                "return another file by a link: skipped " + ExampleRun.shown(skipped.toString()) + "; stopped by "
                        + BOUNDS);
    }
}
