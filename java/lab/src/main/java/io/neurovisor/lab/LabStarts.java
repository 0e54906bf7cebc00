package io.neurovisor.lab;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.image.LabImages;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.store.Supervisor;
import java.nio.file.Path;

/**
 * Starts lab machines, either until they are stopped or for this process only.
 *
 * @param dataDirectory the data directory whose images and kernels the machines receive
 * @param directory the directory for the machines' files
 * @param repository the repository that the machines see
 */
public record LabStarts(LabImages images, Path dataDirectory, Path directory, Path repository, Supervisor supervisor) {
    /** Starts a machine that outlives this process. */
    public Lab stay(LabName name, LabSize size, Progress progress) {
        Labs labs = new Labs(directory);
        PrivateFiles.directory(directory);
        try (PathLock lock = PathLock.acquire(
                labs.lockFile(name), () -> progress.step("Another process is starting lab " + name + "; waiting"))) {
            if (labs.find(name).isPresent()) {
                throw new NeuroVisorException(
                        Fault.IN_USE,
                        "Lab %s is up already; ./neurovisor lab down --name %s ends it".formatted(name, name));
            }
            LabStart start = start(size, progress);
            // Removes the files of a machine that has died.
            boolean _ = labs.remove(name, lock);
            LabFiles files = new LabFiles(PrivateFiles.directory(labs.home(name)));
            boolean started = false;
            try {
                Lab lab = start.start(
                        name,
                        files,
                        qemu -> RunningTool.start(Tool.of(qemu.withArguments(java.util.List.of("-daemonize"))))
                                .result());
                started = true;
                return lab;
            } catch (InterruptedException interrupt) {
                throw interrupted(interrupt);
            } finally {
                if (!started) {
                    boolean _ = labs.remove(name, lock);
                }
            }
        }
    }

    /** Starts a machine that ends when the result is closed or this process ends. */
    public TemporaryLab temporary(LabSize size, Progress progress) {
        LabStart start = start(size, progress);
        PrivateFiles.directory(directory);
        LabName name = new LabName("run-" + ProcessHandle.current().pid());
        // A name that the spawner recognizes as temporary.
        String passing = ".%s~building-%s".formatted(name, Long.toString(System.nanoTime(), Character.MAX_RADIX));
        return TemporaryLab.start(start, name, directory.resolve(passing), supervisor);
    }

    private LabStart start(LabSize size, Progress progress) {
        LabQemu qemu = new LabQemu(images.obtain(progress), size, repository, HostJdk.selfContained());
        return new LabStart(qemu, new LabDisk(dataDirectory, supervisor), progress);
    }

    static NeuroVisorException interrupted(InterruptedException interrupt) {
        return NeuroVisorException.interrupted("starting the lab was cancelled", interrupt);
    }
}
