package io.neurovisor.host.process;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A run of a host program, or of several joined by pipes.
 *
 * <p>Properties: no shell. Standard input is empty. Standard output and error are always drained,
 * so that a flood neither blocks the program nor fills memory. A run ends by the program's exit, at the deadline, by an
 * interrupt of the calling thread or with the JVM; in every case all child processes have ended afterwards. A program
 * that is missing, too slow, or whose output cannot be processed is {@link Fault#TOOL_FAILED}; an interrupt is {@link
 * Fault#INTERRUPTED}, and the thread's interrupt flag is set again.
 */
public final class Tool {
    private static final Duration FOREVER = Duration.ofDays(365);

    private final List<ToolCommand> pipeline;
    private @Nullable Path outputFile;
    private OutputReader output = OutputReader.IGNORE;
    private Consumer<String> messages = line -> {};
    private Duration limit = FOREVER;
    private Duration grace = Duration.ofSeconds(10);

    private Tool(List<ToolCommand> pipeline) {
        this.pipeline = List.copyOf(pipeline);
    }

    public static Tool of(ToolCommand first, ToolCommand... piped) {
        List<ToolCommand> pipeline = new ArrayList<>();
        pipeline.add(first);
        pipeline.addAll(List.of(piped));
        return new Tool(pipeline);
    }

    /** Writes the last program's standard output to a file. */
    public Tool output(Path file) {
        outputFile = file;
        return this;
    }

    /** Passes the last program's standard output to a reader. An exception of the reader ends the run. */
    public Tool output(OutputReader reader) {
        output = reader;
        return this;
    }

    /** Passes the last program's standard output on line by line. */
    public Tool outputLines(Consumer<String> lines) {
        output = new OutputLines(lines);
        return this;
    }

    /** Passes on each line that any of the programs writes to its standard error. */
    public Tool messages(Consumer<String> lines) {
        messages = lines;
        return this;
    }

    public Tool deadline(Duration afterStart) {
        limit = afterStart;
        return this;
    }

    /** Sets the time that the programs have to clean up after SIGTERM before they are killed; 10 s by default. */
    public Tool grace(Duration cleanup) {
        grace = cleanup;
        return this;
    }

    /** Runs until every program has ended by itself; a non-zero exit code is a result, not an exception. */
    public ToolResult run() {
        if (Thread.interrupted()) {
            throw interrupted();
        }
        List<Process> processes = start();
        ProcessFamily family = new ProcessFamily(processes, grace);
        try (ShutdownHook _ = ShutdownHook.add(family::end)) {
            ToolRun run = new ToolRun(pipeline, processes);
            run.drain(outputFile == null ? output : OutputReader.IGNORE, messages);
            return run.await(limit);
        } catch (InterruptedException interrupt) {
            throw interrupted();
        } catch (TimeoutException late) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "%s did not end within %d s and was stopped".formatted(name(), limit.toSeconds()));
        } catch (IOException failure) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "The output of %s could not be processed: %s".formatted(name(), failure.getMessage()),
                    failure);
        } finally {
            family.end();
        }
    }

    /** Runs to the end and returns the lines of the standard output. For programs with little output. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        outputLines(lines::add).run().orThrow();
        return List.copyOf(lines);
    }

    private String name() {
        return pipeline.getFirst().program();
    }

    private NeuroVisorException interrupted() {
        Thread.currentThread().interrupt();
        return new NeuroVisorException(Fault.INTERRUPTED, name() + " was cancelled; the next try starts cleanly");
    }

    private List<Process> start() {
        // A guard program would start even if the program is missing.
        requireInstalled();
        List<ProcessBuilder> builders =
                pipeline.stream().map(ToolCommand::processBuilder).toList();
        builders.getFirst().redirectInput(Path.of("/dev/null").toFile());
        if (outputFile != null) {
            builders.getLast().redirectOutput(outputFile.toFile());
        }
        try {
            return ProcessBuilder.startPipeline(builders);
        } catch (IOException failure) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "%s cannot be started: %s".formatted(name(), failure.getMessage()), failure);
        }
    }

    private void requireInstalled() {
        for (ToolCommand command : pipeline) {
            if (command.find().isEmpty()) {
                throw new NeuroVisorException(
                        Fault.TOOL_FAILED,
                        "%s is not installed; run ./neurovisor setup (Debian package %s)"
                                .formatted(command.program(), command.debianPackage()));
            }
        }
    }
}
