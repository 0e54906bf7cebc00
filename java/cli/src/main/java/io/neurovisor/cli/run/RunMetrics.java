package io.neurovisor.cli.run;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.Listeners;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.metrics.Pushgateway;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * The metrics of one command, which are pushed to a Pushgateway when it ends, even if it fails. Without a Pushgateway nothing is
 * counted. A push that fails is reported and has no other effect.
 */
public final class RunMetrics {
    private final Optional<Metrics> metrics;
    private final Optional<URI> gateway;
    private final String job;
    private final Consumer<String> err;

    /** @param job the value of the label {@code job}, such as {@code neurovisor_run} */
    public RunMetrics(Optional<URI> gateway, String job, Consumer<String> err) {
        this.gateway = gateway;
        this.metrics = gateway.map(_ -> new Metrics());
        this.job = job;
        this.err = err;
    }

    /** Runs the work of the command, then pushes the metrics. */
    public int counting(TraceId trace, IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (NeuroVisorException exception) {
            failed(exception.fault().name(), trace);
            throw exception;
        } catch (ModelFailure failure) {
            failed("model_" + failure.reason().name(), trace);
            throw failure;
        } finally {
            gateway.ifPresent(this::push);
        }
    }

    public Listeners listeners() {
        return metrics.map(some -> new Listeners(some.machines(), some.executions()))
                .orElse(Listeners.NONE);
    }

    public ExecutionListener executions() {
        return listeners().executions();
    }

    public Model measured(Model model) {
        return metrics.map(some -> some.models().measured(model)).orElse(model);
    }

    public AgentListener agents() {
        return metrics.<AgentListener>map(Metrics::agents).orElse(AgentListener.NONE);
    }

    private void failed(String reason, TraceId trace) {
        metrics.ifPresent(some -> some.errors().failed(reason, trace));
    }

    private void push(URI address) {
        try {
            new Pushgateway(address).push(job, metrics.orElseThrow().registry());
        } catch (IOException exception) {
            err.accept("metrics were not pushed to " + address + ": " + exception.getMessage());
        }
    }
}
