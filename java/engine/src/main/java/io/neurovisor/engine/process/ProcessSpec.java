package io.neurovisor.engine.process;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process to be started in a sandbox.
 *
 * @param command a path, or a name that the guest searches in PATH
 * @param arguments without the command itself
 * @param environment added to the environment of the sandbox
 * @param directory empty for that of the sandbox
 * @param terminal gives the process a terminal of this size instead of pipes
 * @param hasInput keeps its input open; otherwise it is empty
 * @param tag a name that no other running process of the sandbox has
 * @param endsWithStream kills the process when the stream that started it is closed
 * @param timeout empty: as long as the sandbox
 */
public record ProcessSpec(
        String command,
        List<String> arguments,
        Map<String, String> environment,
        Optional<String> directory,
        Optional<TerminalSize> terminal,
        boolean hasInput,
        Optional<String> tag,
        boolean endsWithStream,
        Optional<Duration> timeout) {
    public ProcessSpec {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }
}
