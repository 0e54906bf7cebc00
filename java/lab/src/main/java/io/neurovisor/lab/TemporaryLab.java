package io.neurovisor.lab;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.Supervisor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A lab machine that ends with its owner, for any reason, and its files with it. */
public final class TemporaryLab implements AutoCloseable {
    /** QEMU has nothing to save. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final Path home;
    private final Supervisor supervisor;
    private final Supervisor.Held held;
    private Optional<RunningTool> qemu = Optional.empty();
    private Optional<Lab> lab = Optional.empty();

    private TemporaryLab(Path home, Supervisor supervisor) {
        this.home = home;
        this.supervisor = supervisor;
        this.held = supervisor.hold(home);
    }

    static TemporaryLab start(LabStart start, LabName name, Path home, Supervisor supervisor) {
        TemporaryLab temporary = new TemporaryLab(home, supervisor);
        boolean started = false;
        try {
            PrivateFiles.delete(home);
            LabFiles files = new LabFiles(PrivateFiles.directory(home));
            temporary.lab = Optional.of(start.start(name, files, temporary::run));
            started = true;
            return temporary;
        } catch (InterruptedException interrupt) {
            throw LabStarts.interrupted(interrupt);
        } finally {
            if (!started) {
                temporary.close();
            }
        }
    }

    private CompletableFuture<ToolResult> run(ToolCommand command) {
        RunningTool running = RunningTool.start(supervisor.tool(command).grace(GRACE));
        qemu = Optional.of(running);
        return running.result();
    }

    public Lab lab() {
        return lab.orElseThrow();
    }

    @Override
    public void close() {
        qemu.ifPresent(RunningTool::close);
        PrivateFiles.delete(home);
        held.close();
    }
}
