package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.proto.sandbox.StartRequest;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;

/** A client of the services of living sandboxes. */
record SandboxClient(
        SandboxServiceGrpc.SandboxServiceBlockingStub sandboxes,
        ProcessServiceGrpc.ProcessServiceBlockingStub processes,
        FileServiceGrpc.FileServiceBlockingStub files) {
    static SandboxClient of(ManagedChannel channel) {
        return new SandboxClient(
                SandboxServiceGrpc.newBlockingStub(channel),
                ProcessServiceGrpc.newBlockingStub(channel),
                FileServiceGrpc.newBlockingStub(channel));
    }

    /** Returns the same client with a key. */
    SandboxClient with(String key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        ClientInterceptor interceptor = MetadataUtils.newAttachHeadersInterceptor(headers);
        return new SandboxClient(
                sandboxes.withInterceptors(interceptor),
                processes.withInterceptors(interceptor),
                files.withInterceptors(interceptor));
    }

    String create() {
        return create(CreateRequest.newBuilder().setTimeoutSecs(600).build()).getId();
    }

    Sandbox create(CreateRequest request) {
        return sandboxes.create(request).getSandbox();
    }

    Sandbox get(String id) {
        return sandboxes.get(GetRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    boolean kill(String id) {
        return sandboxes.kill(KillRequest.newBuilder().setSandboxId(id).build()).getKilled();
    }

    Iterator<ProcessEvent> start(String id, String command, String... arguments) {
        return processes.start(StartRequest.newBuilder()
                .setSandboxId(id)
                .setCommand(command)
                .addAllArgs(List.of(arguments))
                .build());
    }

    /** Runs a shell script until its end and returns its stdout. */
    String output(String id, String script) {
        StringBuilder stdout = new StringBuilder();
        ProcessEnded end = ended(start(id, "bash", "-c", script), stdout);
        if (end.getExitCode() != 0) {
            throw new AssertionError(script + " ended with " + end.getExitCode() + " after " + stdout);
        }
        return stdout.toString();
    }

    /** Asserts that the clock of a guest differs from the host's by at most the tolerance. */
    void assertHasTheTimeOfTheHost(String id, Duration tolerance) {
        Instant before = InstantSource.system().instant();
        BigDecimal guest = new BigDecimal(output(id, "date +%s.%N").strip());
        Instant after = InstantSource.system().instant();
        assertThat(guest).isBetween(seconds(before.minus(tolerance)), seconds(after.plus(tolerance)));
    }

    private static BigDecimal seconds(Instant time) {
        return BigDecimal.valueOf(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9));
    }

    static ProcessEnded ended(Iterator<ProcessEvent> events, StringBuilder output) {
        while (events.hasNext()) {
            ProcessEvent event = events.next();
            if (event.hasEnded()) {
                return event.getEnded();
            }
            output.append(event.getOutput().getData().toStringUtf8());
        }
        throw new AssertionError("no end after " + output);
    }
}
