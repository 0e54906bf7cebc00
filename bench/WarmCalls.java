import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Compares the time of the same program in warm machines of several daemons, which take turns and have a machine ready at each
 * turn. Prints median and quartiles of each daemon, and the difference of its median from that of the first, in milliseconds.
 *
 * <p>{@code java -cp ... bench/WarmCalls.java ROUNDS NAME=GRPC_PORT,METRICS_PORT...}
 */
final class WarmCalls {
    private static final int REHEARSALS = 3;
    private static final ExecuteRequest PROGRAM = ExecuteRequest.newBuilder()
            .setLanguage("python")
            .setCode("print(6*7)")
            .build();

    private record Call(double host, double whole) {}

    private record Daemon(String name, ManagedChannel channel, URI metrics, List<Call> calls) {
        static Daemon of(String argument) {
            String[] parts = argument.split("[=,]");
            return new Daemon(
                    parts[0],
                    ManagedChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(parts[1]))
                            .usePlaintext()
                            .build(),
                    URI.create("http://127.0.0.1:" + parts[2] + "/metrics"),
                    new ArrayList<>());
        }

        /** Returns the value that {@code quarters} quarters of the calls do not exceed. */
        double quartile(int quarters, ToDoubleFunction<Call> of) {
            double[] sorted = calls.stream().mapToDouble(of).sorted().toArray();
            return sorted[quarters * (sorted.length - 1) / 4];
        }
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        List<Daemon> daemons = new ArrayList<>();
        for (int index = 1; index < arguments.length; index++) {
            daemons.add(Daemon.of(arguments[index]));
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (int round = -REHEARSALS; round < rounds; round++) {
                for (Daemon daemon : daemons) {
                    for (Daemon other : daemons) {
                        awaitWarm(client, other);
                    }
                    Call call = call(daemon);
                    if (round >= 0) {
                        daemon.calls().add(call);
                    }
                }
            }
        }
        print(daemons, "host's part", Call::host);
        print(daemons, "whole call", Call::whole);
        daemons.forEach(daemon -> daemon.channel().shutdownNow());
    }

    private static Call call(Daemon daemon) {
        long began = System.nanoTime();
        ExecuteResponse response =
                ExecutionServiceGrpc.newBlockingStub(daemon.channel()).execute(PROGRAM);
        double whole = (System.nanoTime() - began) / 1e6;
        if (!response.getStdout().equals("42\n")) {
            throw new IllegalStateException(daemon.name() + " answered " + response);
        }
        return new Call(whole - response.getDurationMs(), whole);
    }

    private static void awaitWarm(HttpClient client, Daemon daemon) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(daemon.metrics()).build();
        while (client.send(request, BodyHandlers.ofString())
                .body()
                .lines()
                .noneMatch(line -> line.matches("neurovisor_pool_warm_vms [1-9].*"))) {
            Thread.sleep(50);
        }
    }

    private static void print(List<Daemon> daemons, String what, ToDoubleFunction<Call> of) {
        double first = daemons.getFirst().quartile(2, of);
        for (Daemon daemon : daemons) {
            System.out.printf(
                    "%-12s %-8s p50 %9.2f ms (%+.2f), half of %d calls from %.2f to %.2f%n",
                    what,
                    daemon.name(),
                    daemon.quartile(2, of),
                    daemon.quartile(2, of) - first,
                    daemon.calls().size(),
                    daemon.quartile(1, of),
                    daemon.quartile(3, of));
        }
    }
}
