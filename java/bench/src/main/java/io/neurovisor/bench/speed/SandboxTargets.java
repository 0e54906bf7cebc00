package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.StalledReaders;
import java.util.List;
import java.util.stream.Stream;

/** The promises about living sandboxes. */
final class SandboxTargets {
    private SandboxTargets() {}

    /** Returns the targets of scenario {@code sandbox}. */
    static List<Target> of(String size, Measurements measurements) {
        Target.Figures figures = new Target.Figures(size, measurements);
        return Stream.of(ofCalls(size, figures), ofMachines(size, figures), ofCheckpoints(size, figures))
                .flatMap(targets -> targets)
                .toList();
    }

    private static Stream<Target> ofCalls(String size, Target.Figures figures) {
        return Stream.of(
                new Target(
                        "sandbox created from the warm pool",
                        size,
                        Unit.MILLISECONDS.symbol(),
                        figures.median(SandboxRun.CREATED, Workbench.OURS),
                        200,
                        true),
                Target.most(size, "true in a sandbox, beside bare gRPC", figures.ratio(SandboxRun.STARTED), 1.3),
                Target.least(
                        size,
                        "file of 64 MiB into a sandbox, beside bare gRPC",
                        figures.ratio(SandboxRun.FILE_IN),
                        0.9),
                Target.least(
                        size,
                        "file of 64 MiB out of a sandbox, beside bare gRPC",
                        figures.ratio(SandboxRun.FILE_OUT),
                        0.9),
                Target.most(
                        size,
                        "1000 files of 1 KiB into a sandbox, beside bare gRPC",
                        figures.ratio(SandboxRun.FILES),
                        1.5));
    }

    private static Stream<Target> ofMachines(String size, Target.Figures figures) {
        return Stream.of(
                new Target(
                        "idle sandbox, above a waiting machine",
                        size,
                        Unit.MEBIBYTES.symbol(),
                        figures.median(SandboxRun.IdleSandboxes.IDLE, Workbench.OURS)
                                - figures.median(SandboxRun.IdleSandboxes.WAITING, Workbench.OURS),
                        4,
                        true),
                Target.least(
                        size,
                        "output of a sandbox beside ten stalled readers, beside alone",
                        figures.median(StalledReaders.CONTENDED, Workbench.OURS)
                                / figures.median(StalledReaders.ALONE, Workbench.OURS),
                        0.9),
                Target.most(
                        size,
                        "warm Python with sandboxes on, beside off",
                        figures.median(SandboxRun.EXECUTED, Workbench.OURS)
                                / figures.median(SandboxRun.EXECUTED, SandboxRun.WITHOUT),
                        1.03));
    }

    private static Stream<Target> ofCheckpoints(String size, Target.Figures figures) {
        return Stream.of(
                Target.most(size, "pause, beside the bare VMM", figures.ratio(PauseRun.PAUSED), 1.5),
                Target.most(
                        size, "resume to the first answer, beside the bare VMM", figures.ratio(PauseRun.RESUMED), 1.2),
                Target.most(
                        size, "source of copies stands still, beside the bare VMM", figures.ratio(ForkRun.STILL), 1.5),
                Target.most(size, "ten copies, beside the bare VMM", figures.ratio(ForkRun.COPIED), 1.3),
                Target.most(size, "memory of ten copies, beside the bare VMM", figures.ratio(ForkRun.MEMORY), 1.1));
    }
}
