package io.neurovisor.tests;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.testkit.RecordingSink;
import java.util.Map;

/** One program that has run in a microVM, with all that came of it. */
record FinishedProgram(ExecutionResult result, RecordingSink sink) {
    String stdout() {
        return sink.stdoutText();
    }

    String stderr() {
        return sink.stderrText();
    }

    byte[] stdoutBytes() {
        return sink.stdoutBytes();
    }

    Map<String, byte[]> files() {
        return sink.files();
    }

    /** For the message of a failed assertion. */
    String describe() {
        String errors = stderr();
        return result.exit() + " " + result.detail() + " stderr: "
                + errors.substring(Math.max(0, errors.length() - 2000));
    }
}
