package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.program.Language;
import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.spawner.EbpfCounts;
import java.util.Comparator;
import java.util.Map;

/** Prints the system calls of a VMM, as counted by the kernel. */
final class EbpfProof {
    private static final int SHOWN = 5;

    private EbpfProof() {}

    static void run(ExampleRun run) {
        run.checkLayer(Layer.EBPF_LSM);
        EbpfCounts before = run.neuroVisor().ebpf();
        run.execute(Language.BASH, "seq 1 20000", ExecutionRequest.DEFAULT_TIMEOUT, new CollectedOutput(_ -> {}));
        EbpfCounts after = run.neuroVisor().ebpf();
        run.check(
                sum(after) > sum(before),
                "a machine that starts, prints and ends: " + (sum(after) - sum(before)) + " system calls of its VMM");
        Libseccomp names = Libseccomp.locate();
        after.calls().entrySet().stream()
                .sorted(Map.Entry.<Integer, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .forEach(entry -> run.note("%10d %s".formatted(entry.getValue(), names.name(entry.getKey()))));
        run.check(
                after.executed() > before.executed(),
                (after.executed() - before.executed()) + " programs were executed before its start, and none after it");
        run.check(after.unusualCalls() == 0, after.unusualCalls() + " calls that are unusual for such a VMM");
    }

    private static long sum(EbpfCounts counts) {
        return counts.calls().values().stream().mapToLong(Long::longValue).sum();
    }
}
