package io.neurovisor.host.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.sandbox.SandboxId;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a checkpoint's directory: {@code ID-GENERATION}. */
record CheckpointName(SandboxId sandbox, int generation) {
    private static final Pattern FORM = Pattern.compile("([a-z0-9]{20})-(0|[1-9][0-9]{0,8})");

    /** Returns empty for another name. */
    static Optional<CheckpointName> of(Path directory) {
        Matcher matcher = FORM.matcher(directory.getFileName().toString());
        return matcher.matches()
                ? Optional.of(new CheckpointName(
                        new SandboxId(requireNonNull(matcher.group(1))),
                        Integer.parseInt(requireNonNull(matcher.group(2)))))
                : Optional.empty();
    }

    /** Returns whether the other is a later checkpoint of the same sandbox. */
    boolean isBefore(CheckpointName other) {
        return sandbox.equals(other.sandbox) && generation < other.generation;
    }

    @Override
    public String toString() {
        return sandbox + "-" + generation;
    }
}
