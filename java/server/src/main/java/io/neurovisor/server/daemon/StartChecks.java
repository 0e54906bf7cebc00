package io.neurovisor.server.daemon;

import io.netty.handler.ssl.SslContext;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.ebpf.EbpfLayer;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.Settings;
import io.neurovisor.server.VmmSelection;
import io.neurovisor.server.access.tls.ListenRules;
import io.neurovisor.server.access.tls.ServerTls;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.TlsConfig;
import io.neurovisor.server.grpc.execution.RequestTimeouts;
import io.neurovisor.server.http.api.ApiPortTls;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a start requires of the settings, beyond that each value is allowed. Changes nothing. */
public final class StartChecks {
    private final Settings settings;
    private final Config config;
    private final ProcessEnvironment environment;
    private final InstantSource clock;

    public StartChecks(Settings settings, ProcessEnvironment environment, InstantSource clock) {
        this.settings = settings;
        this.config = settings.config();
        this.environment = environment;
        this.clock = clock;
    }

    /** Returns why {@code run}, {@code agent} or {@code serve} would refuse to start, one line for each reason. */
    public List<String> problems() {
        List<Runnable> requirements = List.of(
                new DataDirectory(config.dataDir())::requireUsable,
                () -> InstalledComponents.images(settings)
                        .requireKnown(config.guest().image()),
                InstalledComponents.kernels(settings)::requireChosen,
                () -> VmmSelection.requireFirecracker(settings),
                () -> EbpfLayer.require(config.vmm().ebpf(), settings.ebpf()),
                settings::requireFreeUids,
                this::timeouts,
                this::requireMachinesForSandboxes,
                this::callsTls,
                this::metricsTls,
                this::httpTls,
                this::modelKey);
        // Calls and the HTTP port use the same certificate, so both find the same problem.
        Set<String> problems = new LinkedHashSet<>();
        for (Runnable requirement : requirements) {
            try {
                requirement.run();
            } catch (NeuroVisorException exception) {
                problems.add(String.valueOf(exception.getMessage()));
            }
        }
        return List.copyOf(problems);
    }

    RequestTimeouts timeouts() {
        return new RequestTimeouts(
                config.execution().timeout(), config.execution().timeoutMax());
    }

    void requireMachinesForSandboxes() {
        config.sandbox().check(config.pool().max());
    }

    Optional<SslContext> callsTls() {
        return tls(ServerTls.CALLS, config.daemon().listen(), config.access().tls());
    }

    Optional<SslContext> metricsTls() {
        return tls(
                ServerTls.METRICS, config.metrics().listen(), config.metrics().tls());
    }

    /** Returns the TLS of the HTTP port, which is that of calls; empty if it has none, or there is no such port. */
    Optional<ApiPortTls> httpTls() {
        TlsConfig tls = config.access().tls();
        if (config.http().port().isEmpty()) {
            return Optional.empty();
        }
        ListenRules.check(
                config.http().listen(), tls, ServerTls.CALLS, config.access().insecureListen());
        return ServerTls.CALLS
                .contexts(tls, clock, Ticker.SYSTEM)
                .map(contexts -> new ApiPortTls(contexts, tls.clientCa().isPresent()));
    }

    /** Reads the key for the model's server, so that a missing file is found before the first task. */
    Optional<String> modelKey() {
        return ApiKey.find(config, environment);
    }

    private Optional<SslContext> tls(ServerTls port, InetAddress address, TlsConfig tls) {
        ListenRules.check(address, tls, port, config.access().insecureListen());
        return port.context(tls, clock, Ticker.SYSTEM);
    }
}
