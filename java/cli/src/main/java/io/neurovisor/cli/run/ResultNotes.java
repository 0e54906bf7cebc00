package io.neurovisor.cli.run;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The notes that are printed about an execution in addition to its output.
 *
 * @param signalled whether a signal ends the command, which is reported once the machine is removed
 */
record ResultNotes(ExecutionRequest request, ExecutionResult result, boolean signalled) {
    private static final int MAX_SHOWN_FILES = 16;

    List<String> problems() {
        List<String> lines = new ArrayList<>();
        addOutcome(lines);
        ProgramExit.Details details = result.exit().details();
        if (result.outcome() != Outcome.OUT_OF_MEMORY
                && !details.killedProcess().isEmpty()) {
            lines.add("the guest had no memory left and killed " + details.killedProcess() + moreMemory());
        }
        List<SkippedFile> shown =
                details.skippedFiles().stream().limit(MAX_SHOWN_FILES).toList();
        shown.forEach(skipped -> lines.add("out/" + skipped.path() + " " + skipped.reason() + ": not saved"));
        int more = details.skippedFilesCount() - shown.size();
        if (more > 0) {
            lines.add(more + " more files of out/ were not saved");
        }
        return lines;
    }

    /** Returns a line for each remark that is not a problem. */
    List<String> remarks() {
        List<String> lines = new ArrayList<>();
        if (result.outcome() == Outcome.COMPLETED && !result.detail().isEmpty()) {
            lines.add(result.detail());
        }
        int processes = result.exit().details().backgroundProcesses();
        if (processes > 0) {
            lines.add("killed "
                    + (processes == 1 ? "a process" : processes + " processes")
                    + " that the program had left running");
        }
        return lines;
    }

    private void addOutcome(List<String> lines) {
        switch (result.outcome()) {
            case COMPLETED -> {}
            case TIMED_OUT -> {
                lines.add("timed out after " + request.timeout().toSeconds() + " s; allow more with --timeout");
                if (!result.detail().isEmpty()) {
                    lines.add(result.detail());
                }
            }
            case OUT_OF_MEMORY ->
                lines.add("out of memory in a guest of size " + request.size().label() + killed() + moreMemory());
            case OUTPUT_LIMIT -> lines.add("killed for writing more than 64 MiB of output");
            case CANCELLED -> {
                if (!signalled) {
                    lines.add("cancelled");
                }
            }
            case SANDBOX_DIED -> lines.add("the sandbox died: " + result.detail());
            case OUTCOME_UNKNOWN -> lines.add("the outcome of the program is unknown: " + result.detail());
        }
    }

    private String killed() {
        String process = result.exit().details().killedProcess();
        return process.isEmpty() ? "" : ", which killed " + process;
    }

    private static String moreMemory() {
        return "; allow more with --size";
    }
}
