package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** System calls that a running VMM is made to do, as one could that a guest has taken over. Numbers are x86-64's. */
final class InjectedCall {
    private static final Path INJECT =
            CommandLineRun.home().resolve("target/x86_64-unknown-linux-gnu/debug/examples/inject");

    private InjectedCall() {}

    /** Before the first. */
    static void build() {
        if (Files.exists(INJECT)) {
            return; // Built with the spawner's tests.
        }
        PlainMachine.Run build = PlainMachine.start(List.of(
                "cargo",
                "build",
                "--manifest-path=" + CommandLineRun.home().resolve("Cargo.toml"),
                "--target-dir=" + CommandLineRun.home().resolve("target"),
                "--locked",
                "--workspace",
                "--example=inject"));
        assertThat(build.exitCode()).as(build.stderr()).isZero();
    }

    /** What came of it: {@code returned -1}, {@code killed by 31}. By the first thread. */
    static String of(ProcessHandle vmm, String call, String arguments) {
        return of(vmm.pid(), call, arguments);
    }

    /** The same by the thread that has this id. */
    static String of(long thread, String call, String arguments) {
        return run(List.of(), thread, call, arguments);
    }

    /** The same by the first thread where its seccomp filters have been overcome. */
    static String unfiltered(ProcessHandle vmm, String call, String arguments) {
        return run(List.of("--unfiltered"), vmm.pid(), call, arguments);
    }

    private static String run(List<String> options, long thread, String call, String arguments) {
        List<String> command = new ArrayList<>(List.of(INJECT.toString()));
        command.addAll(options);
        command.addAll(List.of(Long.toString(thread), call));
        Stream.of(arguments.split(" ", -1)).filter(word -> !word.isEmpty()).forEach(command::add);
        PlainMachine.Run run = PlainMachine.start(command);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        return run.stdout().strip();
    }
}
