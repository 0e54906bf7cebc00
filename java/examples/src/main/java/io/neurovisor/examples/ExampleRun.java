package io.neurovisor.examples;

import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.model.Model;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.trace.TraceIds;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One run of an example: the resources that it needs, and its findings. */
public final class ExampleRun {
    private static final int SHOWN_CHARACTERS = 100;
    private static final Duration LEASE_LIMIT = Duration.ofMinutes(2);

    private final Provided provided;
    private final SandboxSize size;
    private final PrintWriter out;
    private boolean held = true;

    /** The resources of a run: those that the example has declared. */
    public record Provided(
            Optional<NeuroVisor> neuroVisor,
            Optional<Model> model,
            Optional<AgentRun> agent,
            Optional<DaemonProcess> daemon) {}

    public ExampleRun(Provided provided, SandboxSize size, PrintWriter out) {
        this.provided = provided;
        this.size = size;
        this.out = out;
    }

    /** Returns text of a model or a guest as one harmless line. */
    static String shown(String text) {
        String line = UntrustedText.line(text).strip();
        return line.length() > SHOWN_CHARACTERS ? line.substring(0, SHOWN_CHARACTERS) + "..." : line;
    }

    /** Runs a program in a fresh machine, as {@code run} does. */
    public ExecutionResult execute(Language language, String code, Duration timeout, OutputSink sink) {
        return neuroVisor().executions().execute(request(language, code, timeout), sink);
    }

    Lease lease() {
        NeuroVisor neuroVisor = neuroVisor();
        return neuroVisor.pool().lease(neuroVisor.prepare(size), Deadline.after(LEASE_LIMIT, Ticker.SYSTEM));
    }

    NeuroVisor neuroVisor() {
        return needed(provided.neuroVisor());
    }

    /**
     * Checks that a layer protects a running machine.
     *
     * @throws MissingLayer if this host cannot provide the layer
     */
    void checkLayer(Layer layer) {
        ExecutionResult result =
                execute(Language.BASH, "true", ExecutionRequest.DEFAULT_TIMEOUT, new CollectedOutput(_ -> {}));
        Optional<LayerState> state = result.layers().stream()
                .filter(candidate -> candidate.layer() == layer)
                .findFirst();
        state.filter(read -> read.status() == LayerState.Status.OFF).ifPresent(read -> {
            throw new MissingLayer(read);
        });
        check(
                state.map(LayerState::status).equals(Optional.of(LayerState.Status.LIVE)),
                "read off the VMM: " + state.map(LayerState::detail).orElse("nothing"));
    }

    ExecutionRequest request(Language language, String code) {
        return request(language, code, ExecutionRequest.DEFAULT_TIMEOUT);
    }

    private ExecutionRequest request(Language language, String code, Duration timeout) {
        return new ExecutionRequest(TraceIds.next(), new Program(language, code, List.of()), timeout, size);
    }

    DaemonProcess daemon() {
        return needed(provided.daemon());
    }

    public Model model() {
        return needed(provided.model());
    }

    /** Returns an agent whose programs run in machines, as those of {@code agent} do. */
    public AgentRun agent() {
        return needed(provided.agent());
    }

    /** Prints a finding, and records whether it is as promised. */
    void check(boolean asPromised, String finding) {
        held &= asPromised;
        print((asPromised ? "  ok      " : "  BROKEN  ") + finding);
    }

    /** Prints additional information that is not part of the promise. */
    void note(String finding) {
        print("          " + finding);
    }

    public boolean isHeld() {
        return held;
    }

    private void print(String line) {
        out.println(line);
        out.flush();
    }

    private static <T> T needed(Optional<T> part) {
        return part.orElseThrow(
                () -> new NeuroVisorException(Fault.INTERNAL, "an example uses a resource that it does not declare"));
    }
}
