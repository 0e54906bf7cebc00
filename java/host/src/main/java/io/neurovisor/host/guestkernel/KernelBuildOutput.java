package io.neurovisor.host.guestkernel;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.files.StorageFaults;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes the output of a kernel build to a log file and reports its progress: the steps and the number of files that
 * {@code build.sh} announces, and the compiler calls that follow.
 */
final class KernelBuildOutput implements AutoCloseable {
    private static final String STEP = "step: ";
    private static final Pattern TOTAL = Pattern.compile("compiling: (\\d{1,6}) files");
    private static final Pattern COMPILED = Pattern.compile("CC {2,}\\S.*");
    private static final Pattern LINKED = Pattern.compile("(?:LD|OBJCOPY|NM|KSYMS) +(?:\\.tmp_)?vmlinux\\S*");

    private final Path file;
    private final BufferedWriter log;
    private final Progress progress;
    private final InstantSource clock;
    private @Nullable Instant began;
    private boolean broken;
    private int total;
    private int compiled;

    private KernelBuildOutput(Path file, BufferedWriter log, Progress progress, InstantSource clock) {
        this.file = file;
        this.log = log;
        this.progress = progress;
        this.clock = clock;
    }

    /** Opens an empty log file. */
    static KernelBuildOutput to(Path file, Progress progress, InstantSource clock) {
        try {
            return new KernelBuildOutput(file, Files.newBufferedWriter(file), progress, clock);
        } catch (IOException failure) {
            throw StorageFaults.of("write", file, failure);
        }
    }

    /** Handles a line of output. Called for each line in turn by the threads that read the tools' output. */
    synchronized void line(String line) {
        keep(line);
        if (line.startsWith(STEP)) {
            progress.step(line.substring(STEP.length()));
        } else {
            detail(line);
        }
    }

    /** Continues without the log if it cannot be written: a tool would block if its output were no longer read. */
    private void keep(String line) {
        if (broken) {
            return;
        }
        try {
            log.write(line);
            log.newLine();
            // A user may be watching the file.
            log.flush();
        } catch (IOException failure) {
            broken = true;
            progress.step(StorageFaults.of("write", file, failure).getMessage() + "; building without a log");
        }
    }

    private void detail(String line) {
        Matcher announced = TOTAL.matcher(line);
        if (announced.matches()) {
            total = Integer.parseInt(requireNonNull(announced.group(1)));
            began = clock.instant();
        } else if (total > 0 && COMPILED.matcher(line).matches()) {
            compiled++;
            progress.detail(compiling());
        } else if (LINKED.matcher(line).matches()) {
            progress.detail("linking");
        } else {
            Mmdebstrap.progress(line).ifPresent(progress::detail);
        }
    }

    private String compiling() {
        // More files than announced may follow: the announcement excludes linking.
        int percent = Math.min(compiled * 100 / total, 99);
        return "%d of %d files (%d %%)%s".formatted(compiled, Math.max(total, compiled), percent, left());
    }

    private String left() {
        Duration passed = Duration.between(requireNonNull(began, "began is null"), clock.instant());
        // The first files are not representative.
        if (compiled < total / 20 || compiled >= total) {
            return "";
        }
        long minutes = Math.round(passed.toMillis() * (double) (total - compiled) / compiled / 60_000);
        return minutes == 0 ? ", less than a minute left" : ", about %d min left".formatted(minutes);
    }

    @Override
    public synchronized void close() {
        try {
            log.close();
        } catch (IOException failure) {
            // Each line has been flushed, or its failure reported.
            broken = true;
        }
    }
}
