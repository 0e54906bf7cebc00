package io.neurovisor.examples;

import java.util.List;
import java.util.Optional;

/** All examples. */
public final class Examples {
    public static final List<Example> ALL = List.of(
            new AgentPrimes(),
            new CapabilitiesProof(),
            new CgroupsDemo(),
            new EbpfProof(),
            new EscapeAttempts(),
            new ForkBomb(),
            new LsmProof(),
            new MetricsDemo(),
            new RateLimitProof(),
            new SeccompProof(),
            new StreamingLatency(),
            new TraceIdDemo());

    private Examples() {}

    public static List<String> names() {
        return ALL.stream().map(Example::name).toList();
    }

    public static Optional<Example> named(String name) {
        return ALL.stream().filter(example -> example.name().equals(name)).findFirst();
    }
}
