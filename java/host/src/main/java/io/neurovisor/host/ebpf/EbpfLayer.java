package io.neurovisor.host.ebpf;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.spawner.EbpfPolicy;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmProcess;
import java.util.Locale;
import java.util.Optional;

/** Layer 5 of a NeuroVisor: the eBPF policy of its VMMs, if they have one. */
public final class EbpfLayer {
    private final EbpfReading reading;
    private final boolean audit;

    private EbpfLayer(EbpfReading reading, boolean audit) {
        this.reading = reading;
        this.audit = audit;
    }

    /**
     * Returns the layer as the spawner has set it up; throws if the mode requires more.
     *
     * @param expected the result of {@link #expected}
     */
    public static EbpfLayer of(EbpfMode mode, EbpfReading expected, Spawner spawner) {
        EbpfReading reading =
                expected.isInForce() ? new EbpfReading(spawner.ebpf().problem(), "") : expected;
        require(mode, reading);
        return new EbpfLayer(reading, mode == EbpfMode.AUDIT);
    }

    /** Throws if the mode requires more than this reading. */
    public static void require(EbpfMode mode, EbpfReading reading) {
        if (!reading.isInForce() && (mode == EbpfMode.ON || mode == EbpfMode.AUDIT)) {
            throw new NeuroVisorException(
                    Fault.JAIL_FAILED,
                    "--ebpf %s: %s%s; --ebpf auto goes on without"
                            .formatted(
                                    mode.name().toLowerCase(Locale.ROOT),
                                    reading.reason(),
                                    reading.fix().isEmpty() ? "" : "; " + reading.fix()));
        }
    }

    /** Returns the reading that is expected of VMMs in a mode on a host with this support. */
    public static EbpfReading expected(EbpfMode mode, EbpfReading supported) {
        return mode == EbpfMode.OFF ? new EbpfReading("switched off by --ebpf off", "--ebpf auto") : supported;
    }

    /** Returns how the layer is read off a VMM. */
    public EbpfReading reading() {
        return reading;
    }

    /** Returns the policy for a VMM of this kind; empty if VMMs have none. */
    public Optional<EbpfPolicy> policy(VmmKind kind) {
        return reading.isInForce()
                ? Optional.of(new EbpfPolicy(audit, kind.isConfiguredSealed(), kind.expectedCalls()))
                : Optional.empty();
    }

    /** Seals a VMM before its guest runs, if VMMs have a policy. */
    public void seal(VmmProcess process) {
        if (reading.isInForce()) {
            process.seal();
        }
    }
}
