package io.neurovisor.bench.trace;

import io.neurovisor.bench.measure.Host;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.TimedResult;
import io.neurovisor.bench.speed.SpeedPlan;
import io.neurovisor.bench.speed.WarmRun;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.trace.TraceIds;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Traces requests to a machine that is ready; {@code scratch} is a directory for sockets. */
public record TraceRun(SpeedPlan.Commands commands, SandboxSize size, Path scratch) {
    /** The server span of a call, which is the root of the daemon's other spans. */
    private static final String CALL = "neurovisor.execution.ExecutionService/ExecuteStream";

    /** The first requests do not count: they load and compile code. */
    private static final int REHEARSALS = 2;

    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** Sends the requests one after the other and returns the one with the median time. */
    public TracedRequest median(int requests) {
        Path socket = scratch.resolve("traced");
        List<TracedRequest> traced = new ArrayList<>();
        try (SpanReceiver receiver = SpanReceiver.start();
                DaemonProcess daemon = DaemonProcess.start(
                        commands.serve(
                                size,
                                socket,
                                List.of("--warm=1", "--max=3", "--rate-limit=off", "--otlp=" + receiver.url())),
                        socket)) {
            for (int number = -REHEARSALS; number < requests; number++) {
                daemon.awaitWarm(1);
                Pause.of(WarmRun.REST);
                TracedRequest request = request(daemon, receiver);
                if (number >= 0) {
                    traced.add(request);
                }
            }
        }
        return TracedRequest.median(traced);
    }

    /** Returns a line that says where and when the request was measured. */
    public static String circumstances(SandboxSize size) {
        Host host = Host.read();
        return String.format(
                Locale.ROOT,
                "%s, %d processors, Linux %s; a machine of size %s; load %.1f; %s",
                host.processor(),
                host.processors(),
                host.kernel(),
                size.label(),
                host.load(),
                InstantSource.system().instant().truncatedTo(ChronoUnit.SECONDS));
    }

    private TracedRequest request(DaemonProcess daemon, SpanReceiver receiver) {
        TimedResult.Sink sink = new TimedResult.Sink();
        TraceId trace = TraceIds.next();
        Program program = new Program(SampleProgram.PYTHON.language(), SampleProgram.PYTHON.code());
        long beganNanos = System.nanoTime();
        DaemonResult result = daemon.client().execute(new ExecutionRequest(trace, program, LIMIT, size), sink);
        TimedResult received = sink.received(result, (System.nanoTime() - beganNanos) / 1e6);
        Requirement.hold(received.text().strip().equals(SampleProgram.ANSWER), "printed " + received.text());
        return new TracedRequest(received.millis(), receiver.await(trace.hex(), CALL));
    }
}
