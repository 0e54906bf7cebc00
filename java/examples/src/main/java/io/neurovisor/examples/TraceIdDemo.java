package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.client.TraceEcho;
import io.neurovisor.server.trace.TraceIds;
import java.util.Map;

/** Sets the trace id of a request in each possible way, and checks the id in the answer and in the guest. */
final class TraceIdDemo {
    private static final String CODE = "import os; print(os.environ['NEUROVISOR_TRACE_ID'])";
    private static final String OWN_NAME = "my-trace-123";

    private TraceIdDemo() {}

    static void run(ExampleRun run) {
        TraceId parent = TraceIds.next();
        known(run, "traceparent", parent.traceparent(1), parent);
        TraceId dashed = TraceIds.next();
        known(run, "x-trace-id", dashed.toString(), dashed);
        TraceId digits = TraceIds.next();
        known(run, "x-trace-id", digits.hex(), digits);
        named(run);
        made(run);
    }

    private static void known(ExampleRun run, String header, String value, TraceId id) {
        Reply reply = ask(run, Map.of(header, value));
        run.check(
                reply.echo.answered().equals(id.toString())
                        && reply.echo.header().equals(id.toString())
                        && isOf(reply.echo.response(), id.hex())
                        && reply.guest.equals(id.toString()),
                header + ": " + value + " is the trace " + ExampleRun.shown(reply.guest));
    }

    private static void named(ExampleRun run) {
        Reply reply = ask(run, Map.of("x-trace-id", OWN_NAME));
        run.check(
                reply.echo.answered().equals(OWN_NAME)
                        && reply.echo.header().equals(OWN_NAME)
                        && isOf(reply.echo.response(), reply.guest.replace("-", "")),
                "x-trace-id: " + OWN_NAME + " is returned, and the trace is " + ExampleRun.shown(reply.guest));
    }

    private static void made(ExampleRun run) {
        Reply reply = ask(run, Map.of());
        run.check(
                reply.echo.answered().equals(reply.guest)
                        && reply.guest.length() == 36
                        && reply.guest.charAt(14) == '7',
                "without a name the trace is a UUID version 7: " + ExampleRun.shown(reply.guest));
    }

    /** @param guest the trace id in the environment of the program */
    private record Reply(TraceEcho echo, String guest) {}

    private static Reply ask(ExampleRun run, Map<String, String> headers) {
        CollectedOutput output = new CollectedOutput(_ -> {});
        ExecutionRequest request = run.request(Language.PYTHON, CODE);
        TraceEcho echo = run.daemon().client().echo(headers, request, output);
        return new Reply(echo, output.text().strip());
    }

    private static boolean isOf(String response, String hex) {
        return response.matches("00-" + hex + "-[0-9a-f]{16}-0[01]");
    }
}
