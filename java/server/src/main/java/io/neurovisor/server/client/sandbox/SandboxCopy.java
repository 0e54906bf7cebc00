package io.neurovisor.server.client.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;

/** What became of one copy of a fork. */
public sealed interface SandboxCopy {
    /** A copy that runs. */
    record Made(SandboxView sandbox) implements SandboxCopy {
        public Made {
            requireNonNull(sandbox, "sandbox is null");
        }
    }

    /** A copy that was not made. */
    record Failed(NeuroVisorException reason) implements SandboxCopy {
        public Failed {
            requireNonNull(reason, "reason is null");
        }
    }
}
