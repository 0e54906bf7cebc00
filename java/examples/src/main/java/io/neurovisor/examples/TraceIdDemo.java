package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.client.TraceEcho;
import io.neurovisor.server.trace.TraceIds;
import java.util.Map;
import java.util.Set;

/** Names a request's trace in each way that there is, and looks at what answer and guest make of it. */
final class TraceIdDemo implements Example {
    private static final String CODE = "import os; print(os.environ['NEUROVISOR_TRACE_ID'])";
    private static final String OWN_NAME = "my-trace-123";

    @Override
    public String name() {
        return "trace_id_demo";
    }

    @Override
    public String promise() {
        return "one id, however a client names it, is in the answer, in its headers and in the guest";
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.DAEMON);
    }

    @Override
    public void run(ExampleRun run) {
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
        Heard heard = ask(run, Map.of(header, value));
        run.check(
                heard.echo.answered().equals(id.toString())
                        && heard.echo.header().equals(id.toString())
                        && isOf(heard.echo.response(), id.hex())
                        && heard.guest.equals(id.toString()),
                header + ": " + value + " is the trace " + ExampleRun.shown(heard.guest));
    }

    private static void named(ExampleRun run) {
        Heard heard = ask(run, Map.of("x-trace-id", OWN_NAME));
        run.check(
                heard.echo.answered().equals(OWN_NAME)
                        && heard.echo.header().equals(OWN_NAME)
                        && isOf(heard.echo.response(), heard.guest.replace("-", "")),
                "x-trace-id: " + OWN_NAME + " comes back, and the trace is " + ExampleRun.shown(heard.guest));
    }

    private static void made(ExampleRun run) {
        Heard heard = ask(run, Map.of());
        run.check(
                heard.echo.answered().equals(heard.guest)
                        && heard.guest.length() == 36
                        && heard.guest.charAt(14) == '7',
                "without a name the trace is a UUID version 7: " + ExampleRun.shown(heard.guest));
    }

    /** @param guest what the program has found in its environment */
    private record Heard(TraceEcho echo, String guest) {}

    private static Heard ask(ExampleRun run, Map<String, String> headers) {
        CollectedOutput output = new CollectedOutput(_ -> {});
        ExecutionRequest request = run.request(Language.PYTHON, CODE);
        TraceEcho echo = run.daemon().client().echo(headers, request, output);
        return new Heard(echo, output.text().strip());
    }

    private static boolean isOf(String response, String hex) {
        return response.matches("00-" + hex + "-[0-9a-f]{16}-0[01]");
    }
}
