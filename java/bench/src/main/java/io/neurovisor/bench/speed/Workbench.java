package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.Rounds;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.TimedResult;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.program.Program;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.trace.TraceIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The equipment of every scenario, for machines of one size.
 *
 * @param kind of machines that are asked for without a daemon
 * @param progress receives a line for each thing that was not measured
 */
public record Workbench(
        SpeedPlan plan,
        SandboxSize size,
        NeuroVisor neuroVisor,
        MachineKind kind,
        Floor floor,
        Measurements measurements,
        Consumer<String> progress) {
    public static final String OURS = "NeuroVisor";

    private static final Duration LIMIT = Duration.ofMinutes(5);

    DaemonProcess daemon(String name, int warm, int max, String... more) {
        Path socket = socket(name);
        List<String> options = Stream.concat(
                        Stream.of("--warm=" + warm, "--max=" + max, "--acquire-timeout=5m", "--rate-limit=off"),
                        Stream.of(more))
                .toList();
        return DaemonProcess.start(plan.commands().serve(size, socket, options), socket);
    }

    Path socket(String name) {
        return plan.scratch().resolve(name);
    }

    Rounds rounds(Runnable calm) {
        return new Rounds(size.label(), plan.rehearsals(), measurements, calm, progress);
    }

    public void add(String scenario, String contender, Unit unit, double value) {
        measurements.add(key(scenario, contender), unit, value);
    }

    Series.Key key(String scenario, String contender) {
        return new Series.Key(size.label(), scenario, contender);
    }

    /** Returns the milliseconds from the request to the last byte of the right answer. */
    double whole(DaemonProcess daemon, SampleProgram sample) {
        return answer(daemon, sample).millis();
    }

    TimedResult answer(DaemonProcess daemon, SampleProgram sample) {
        TimedResult received = execute(daemon, new Program(sample.language(), sample.code()));
        Requirement.hold(received.text().strip().equals(SampleProgram.ANSWER), "printed " + received.text());
        return received;
    }

    public TimedResult execute(DaemonProcess daemon, Program program) {
        TimedResult.Sink sink = new TimedResult.Sink();
        ExecutionRequest request = new ExecutionRequest(TraceIds.next(), program, LIMIT, size);
        long beganNanos = System.nanoTime();
        DaemonResult result = daemon.client().execute(request, sink);
        return sink.received(result, (System.nanoTime() - beganNanos) / 1e6);
    }
}
