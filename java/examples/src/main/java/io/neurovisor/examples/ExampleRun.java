package io.neurovisor.examples;

import static java.util.Objects.requireNonNull;

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

/** What an example works with: what it needs, and a protocol of what was found. */
public final class ExampleRun {
    private static final int SHOWN_CHARACTERS = 100;
    private static final Duration LEASE_LIMIT = Duration.ofMinutes(2);

    private final Provided provided;
    private final SandboxSize size;
    private final PrintWriter out;
    private boolean held = true;

    /** What there is; an example gets what it says it needs. */
    public record Provided(
            Optional<NeuroVisor> neuroVisor,
            Optional<Model> model,
            Optional<AgentRun> agent,
            Optional<DaemonProcess> daemon) {
        public Provided {
            requireNonNull(model, "model is null");
            requireNonNull(agent, "agent is null");
            requireNonNull(daemon, "daemon is null");
            requireNonNull(neuroVisor, "neuroVisor is null");
        }
    }

    public ExampleRun(Provided provided, SandboxSize size, PrintWriter out) {
        this.provided = requireNonNull(provided, "provided is null");
        this.size = requireNonNull(size, "size is null");
        this.out = requireNonNull(out, "out is null");
    }

    /** A model's or a guest's words on a line of ours. */
    static String shown(String text) {
        String line = UntrustedText.line(text).strip();
        return line.length() > SHOWN_CHARACTERS ? line.substring(0, SHOWN_CHARACTERS) + "..." : line;
    }

    /** Runs a program in a sandbox of its own, as {@code run} does. */
    public ExecutionResult execute(Language language, String code, Duration timeout, OutputSink sink) {
        return neuroVisor().executions().execute(request(language, code, timeout), sink);
    }

    /** A sandbox to do more with than run a program. */
    Lease lease() {
        NeuroVisor neuroVisor = neuroVisor();
        return neuroVisor.pool().lease(neuroVisor.prepare(size), Deadline.after(LEASE_LIMIT, Ticker.SYSTEM));
    }

    /** The machines that its sandboxes are of. */
    NeuroVisor neuroVisor() {
        return needed(provided.neuroVisor());
    }

    /**
     * Checks that a layer protects, as it was read off a sandbox's living machine.
     *
     * @throws MissingLayer where this machine cannot give it
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

    /** A program as it is asked for of a daemon. */
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

    /** Its programs run in sandboxes, as those of {@code agent} do. */
    public AgentRun agent() {
        return needed(provided.agent());
    }

    /** Prints what was found, and remembers it when it is not what was promised. */
    void check(boolean asPromised, String finding) {
        held &= asPromised;
        print((asPromised ? "  ok      " : "  BROKEN  ") + finding);
    }

    /** Prints what is good to know, and promised by nobody. */
    void tell(String finding) {
        print("          " + finding);
    }

    /** Whether everything was as promised. */
    public boolean isHeld() {
        return held;
    }

    private void print(String line) {
        out.println(line);
        out.flush();
    }

    private static <T> T needed(Optional<T> part) {
        return part.orElseThrow(
                () -> new NeuroVisorException(Fault.INTERNAL, "an example uses what it does not say that it needs"));
    }
}
