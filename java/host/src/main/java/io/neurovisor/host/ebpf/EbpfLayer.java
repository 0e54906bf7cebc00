package io.neurovisor.host.ebpf;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.spawner.EbpfPolicy;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmProcess;
import java.util.Locale;
import java.util.Optional;

/** Layer 5 of one NeuroVisor: what its VMMs are watched by, if they are. */
public final class EbpfLayer {
    private final EbpfReading reading;
    private final boolean audit;

    private EbpfLayer(EbpfReading reading, boolean audit) {
        this.reading = requireNonNull(reading, "reading is null");
        this.audit = audit;
    }

    /**
     * What a spawner has made of the wish. Fails where what is asked for cannot be had.
     *
     * @param expected by {@link #expected}
     */
    public static EbpfLayer of(EbpfMode mode, EbpfReading expected, Spawner spawner) {
        EbpfReading reading =
                expected.watches() ? new EbpfReading(spawner.ebpf().problem(), "") : expected;
        if (!reading.watches() && (mode == EbpfMode.ON || mode == EbpfMode.AUDIT)) {
            throw new NeuroVisorException(
                    Fault.JAIL_FAILED,
                    "--ebpf %s: %s%s; --ebpf auto goes on without"
                            .formatted(
                                    mode.name().toLowerCase(Locale.ROOT),
                                    reading.reason(),
                                    reading.fix().isEmpty() ? "" : "; " + reading.fix()));
        }
        return new EbpfLayer(reading, mode == EbpfMode.AUDIT);
    }

    /** What is to be read off VMMs with that wish on a machine that supports so much. */
    public static EbpfReading expected(EbpfMode mode, EbpfReading supported) {
        return mode == EbpfMode.OFF ? new EbpfReading("switched off by --ebpf off", "--ebpf auto") : supported;
    }

    /** How the layer is to be read off a VMM. */
    public EbpfReading reading() {
        return reading;
    }

    /** How a VMM of this kind is to be watched; empty where none is. */
    public Optional<EbpfPolicy> policy(VmmKind kind) {
        return reading.watches()
                ? Optional.of(new EbpfPolicy(audit, kind.isConfiguredSealed(), kind.expectedCalls()))
                : Optional.empty();
    }

    /** What is to be done before the guest of a VMM runs, where VMMs are watched. */
    public void seal(VmmProcess process) {
        if (reading.watches()) {
            process.seal();
        }
    }
}
