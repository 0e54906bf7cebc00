package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxSpec;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The sandbox in which the cells of one run are executed. Closing it pauses it if it belongs to a session, which can be resumed, and
 * kills it otherwise.
 */
public final class AgentSandbox implements AutoCloseable {
    /** The time in addition to that of the run, after which a sandbox is paused if the process of the run was killed. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    private final AgentSandboxes sandboxes;
    private final String id;
    private final boolean isReplacement;
    private final Consumer<String> problems;
    private boolean isKept;

    private AgentSandbox(
            AgentSandboxes sandboxes, String id, boolean isReplacement, boolean isKept, Consumer<String> problems) {
        this.sandboxes = sandboxes;
        this.id = id;
        this.isReplacement = isReplacement;
        this.isKept = isKept;
        this.problems = problems;
    }

    /**
     * Resumes the sandbox of a session, or creates one.
     *
     * @param earlier the sandbox of the session that the run continues; empty if it has none
     * @param isWanted whether a sandbox is created if there is none, or if the earlier one has ended
     * @param problems receives the reason why it could not be paused or killed at the end
     * @return empty if the run needs no sandbox
     * @throws NeuroVisorException {@code SANDBOX_UNKNOWN} if the earlier one has ended and no other one is wanted
     */
    public static Optional<AgentSandbox> open(
            AgentSandboxes sandboxes,
            Optional<String> earlier,
            boolean isWanted,
            AgentSandboxes.Wanted wanted,
            Consumer<String> problems) {
        if (earlier.isPresent() && isResumed(sandboxes, earlier.get(), isWanted, life(wanted.life()))) {
            return Optional.of(new AgentSandbox(sandboxes, earlier.get(), false, true, problems));
        }
        if (!isWanted) {
            return Optional.empty();
        }
        String id = sandboxes.create(
                new AgentSandboxes.Wanted(wanted.size(), wanted.image(), life(wanted.life()), wanted.labels()));
        return Optional.of(new AgentSandbox(sandboxes, id, earlier.isPresent(), false, problems));
    }

    private static Duration life(Duration run) {
        Duration life = run.plus(GRACE);
        return life.compareTo(SandboxSpec.MAX_TIMEOUT) < 0 ? life : SandboxSpec.MAX_TIMEOUT;
    }

    /** Returns false if it has ended, and another one is wanted. */
    private static boolean isResumed(AgentSandboxes sandboxes, String id, boolean isWanted, Duration life) {
        try {
            sandboxes.resume(id, life);
            return true;
        } catch (NeuroVisorException failure) {
            if (failure.fault() != Fault.SANDBOX_UNKNOWN) {
                throw failure;
            }
            if (!isWanted) {
                throw new NeuroVisorException(
                        Fault.SANDBOX_UNKNOWN,
                        "the session cannot continue in its sandbox: %s; with --stateful, or the field stateful, it continues in a new one"
                                .formatted(failure.getMessage()),
                        failure);
            }
            return false;
        }
    }

    public String id() {
        return id;
    }

    /** Returns whether the session has lost its earlier sandbox. */
    public boolean isReplacement() {
        return isReplacement;
    }

    /** Returns the runner of the cells; {@code timeout} is that of each cell. */
    public CodeRunner runner(Duration timeout) {
        return new InterpreterCodeRunner(sandboxes.interpreter(id), timeout, isReplacement);
    }

    /** Keeps it when it is closed, because a session refers to it. */
    public void keep() {
        isKept = true;
    }

    @Override
    public void close() {
        try {
            if (isKept) {
                sandboxes.pause(id);
            } else {
                sandboxes.kill(id);
            }
        } catch (NeuroVisorException failure) {
            problems.accept("sandbox " + id + " goes on until its time-out: " + failure.getMessage());
        }
    }
}
