package io.neurovisor.examples;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.host.spawner.EbpfCounts;
import java.util.List;

/** Runs a shell in place of a VMM, without the other layers, which tries what a VMM never does. */
final class LsmProof {
    private LsmProof() {}

    static void run(ExampleRun run) {
        run.checkLayer(Layer.EBPF_LSM);
        EbpfCounts before = run.neuroVisor().ebpf();
        List<String> tried = run.neuroVisor().tryPolicy();
        run.note("a shell in place of a VMM, whose jail contains /etc/passwd and all of /usr:");
        check(run, tried, "launch system done", "launched, it reads a library's directory, as a program must");
        check(run, tried, "launch file refused", "launched, it is refused /etc/passwd, which every user may read");
        check(run, tried, "launch socket refused", "launched, it is refused a connection to 127.0.0.1");
        check(run, tried, "sealed system refused", "sealed, it is refused what it could read before");
        check(run, tried, "sealed socket refused", "sealed, it is refused a connection to 127.0.0.1");
        check(run, tried, "sealed program refused", "sealed, it is refused /usr/bin/true");
        EbpfCounts after = run.neuroVisor().ebpf();
        for (String hook : List.of("file_open", "socket_create")) {
            long count =
                    after.blocked().getOrDefault(hook, 0L) - before.blocked().getOrDefault(hook, 0L);
            run.check(count >= 2, "counted at " + hook + ": " + count);
        }
    }

    private static void check(ExampleRun run, List<String> tried, String line, String finding) {
        run.check(tried.contains(line), finding);
    }
}
