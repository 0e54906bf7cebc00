package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.Memory;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.process.BackgroundTool;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Measures the memory of idle machines, and a request while they are idle. */
record DensityRun(Workbench bench) {
    static final String MEMORY = "memory of ";

    private static final double MEBIBYTE = 1 << 20;
    /** Includes garbage that has not been collected yet. */
    static final Pattern HEAP = Pattern.compile("jvm_memory_used_bytes\\{(?:.*,)?area=\"heap\"(?:,.*)?} (\\S+)");

    static final Pattern RESIDENT = Pattern.compile("process_resident_memory_bytes (\\S+)");

    /** Prints the memory that a program cannot have: that of the kernel, the agent and the warm interpreters. */
    private static final String USED_KIBIBYTES = """
            lines = dict(line.split(':') for line in open('/proc/meminfo'))
            kibibytes = lambda name: int(lines[name].split()[0])
            print(kibibytes('MemTotal') - kibibytes('MemAvailable'))
            """;

    void measure() {
        for (int machines : bench.plan().quick() ? new int[] {10} : new int[] {1, 10, 50}) {
            ours(machines);
            bare(machines);
        }
    }

    private void ours(int machines) {
        try (DaemonProcess daemon = bench.daemon("dense", machines, machines + 2)) {
            daemon.awaitWarm(machines);
            memory(machines, Workbench.OURS, daemon.vmms());
            List<String> metrics = daemon.metrics();
            record("daemon's heap, " + machines + " waiting", HEAP, metrics);
            record("daemon's memory, " + machines + " waiting", RESIDENT, metrics);
            bench.rounds(() -> {
                        daemon.awaitWarm(machines);
                        Pause.of(WarmRun.REST);
                    })
                    .run(
                            "warm python, " + machines + " waiting",
                            bench.plan().rounds(2, 8),
                            List.of(new Contender(Workbench.OURS, () -> bench.whole(daemon, SampleProgram.PYTHON))));
            String used = bench.execute(daemon, new Program(Language.PYTHON, USED_KIBIBYTES))
                    .text()
                    .strip();
            Requirement.hold(used.matches("\\d{1,9}"), "the guest's memory is " + used);
            bench.add("used in a guest", Workbench.OURS, Unit.MEBIBYTES, Integer.parseInt(used) / 1024.0);
            bench.add(
                    "agent in a guest",
                    Workbench.OURS,
                    Unit.MEBIBYTES,
                    bench.floor().run(SampleProgram.PYTHON).agentMebibytes());
        }
    }

    private void bare(int machines) {
        List<BackgroundTool> clones = new ArrayList<>();
        try {
            for (int number = 0; number < machines; number++) {
                clones.add(bench.floor().idle());
            }
            memory(
                    machines,
                    Floor.NAME,
                    clones.stream()
                            .flatMap(clone -> clone.handle().descendants())
                            .toList());
        } finally {
            clones.forEach(BackgroundTool::close);
        }
    }

    private void memory(int machines, String contender, List<ProcessHandle> vmms) {
        bench.add(MEMORY + machines, contender, Unit.MEBIBYTES, Memory.proportionalMebibytes(vmms) / machines);
    }

    private void record(String scenario, Pattern metric, List<String> metrics) {
        mebibytes(metric, metrics).ifPresent(value -> bench.add(scenario, Workbench.OURS, Unit.MEBIBYTES, value));
    }

    static OptionalDouble mebibytes(Pattern metric, List<String> metrics) {
        return metrics.stream()
                .map(metric::matcher)
                .filter(Matcher::matches)
                .mapToDouble(line -> Double.parseDouble(line.group(1)) / MEBIBYTE)
                .findFirst();
    }
}
