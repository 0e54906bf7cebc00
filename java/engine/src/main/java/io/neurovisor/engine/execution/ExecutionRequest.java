package io.neurovisor.engine.execution;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.Optional;

/**
 * A request to run one program in a fresh machine.
 *
 * @param image the root image; empty for an image that can run the program's language
 * @param timeout 1 second to 24 hours; enforced in the guest, and on the host if the guest fails to
 */
public record ExecutionRequest(
        TraceId traceId, Program program, Duration timeout, SandboxSize size, Optional<String> image) {
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
    public static final Duration MAX_TIMEOUT = Duration.ofHours(24);

    /** The image that is used unless another one is configured. */
    public static final String USUAL_IMAGE = "base";

    public ExecutionRequest {
        if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw NeuroVisorException.invalid(
                    "timeout", "timeout of " + timeout.toSeconds() + " s is out of range; use 1 s to 24 h");
        }
        String needed = program.language().image();
        if (image.equals(Optional.of(USUAL_IMAGE)) && !needed.equals(USUAL_IMAGE)) {
            throw new NeuroVisorException(
                    Fault.LANGUAGE_MISSING,
                    "image %s cannot run %s; choose image %s, or build one from it"
                            .formatted(USUAL_IMAGE, program.language().label(), needed));
        }
    }

    /** Creates a request that runs in an image with the program's language. */
    public ExecutionRequest(TraceId traceId, Program program, Duration timeout, SandboxSize size) {
        this(traceId, program, timeout, size, Optional.empty());
    }

    /** Returns this request with a machine of another size. */
    public ExecutionRequest in(SandboxSize other) {
        return new ExecutionRequest(traceId, program, timeout, other, image);
    }

    /** Returns the image of this request, given the server's {@code usual} image for all languages that it can run. */
    public String imageOr(String usual) {
        return image.orElseGet(
                () -> usual.equals(USUAL_IMAGE) ? program.language().image() : usual);
    }
}
