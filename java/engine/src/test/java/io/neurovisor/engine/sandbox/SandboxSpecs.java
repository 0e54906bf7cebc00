package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Specifications of sandboxes that leave most things open. */
final class SandboxSpecs {
    private SandboxSpecs() {}

    static SandboxSpec spec(Duration timeout) {
        return spec(timeout, SandboxSize.SMALL, Optional.empty());
    }

    static SandboxSpec spec(Duration timeout, SandboxSize size, Optional<String> key) {
        return new SandboxSpec(new MachineKind("base", size), timeout, Map.of(), Optional.empty(), Map.of(), "", key);
    }

    static SandboxSpec spec(Duration timeout, OnTimeout onTimeout, boolean autoResume) {
        return spec(timeout, SandboxSize.SMALL, Optional.empty(), onTimeout, autoResume);
    }

    static SandboxSpec spec(
            Duration timeout, SandboxSize size, Optional<String> key, OnTimeout onTimeout, boolean autoResume) {
        return new SandboxSpec(
                new MachineKind("base", size),
                timeout,
                Map.of(),
                Optional.empty(),
                Map.of(),
                "",
                key,
                onTimeout,
                autoResume);
    }
}
