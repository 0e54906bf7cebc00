package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Logging;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.e2b.E2bApis;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MemoryHeadroom;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.host.nativecalls.ServiceNotification;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.PoolConfig;
import io.neurovisor.server.daemon.Daemon;
import io.neurovisor.server.daemon.Watchdog;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.trace.Tracing;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs the daemon until a signal stops it. */
@Command(
        name = "serve",
        description = {
            "Keeps microVMs ready and runs programs for clients, by gRPC. The same as neurovisor without a command.",
            "SIGTERM and Ctrl-C finish running executions and end with 0; a second signal stops them immediately.",
            "SIGHUP reads the settings again and applies log-level."
        },
        mixinStandardHelpOptions = true)
@AcceptsSettings({
    SettingGroup.POOL,
    SettingGroup.LISTEN,
    SettingGroup.STATUS_PORT,
    SettingGroup.STATUS_ACCESS,
    SettingGroup.SOCKET,
    SettingGroup.CALLS,
    SettingGroup.ACCESS,
    SettingGroup.MODEL,
    SettingGroup.TRACE,
    SettingGroup.TIMEOUT
})
public final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Override
    public Integer call() throws InterruptedException {
        Config config = guest.config();
        try (ConsoleProgress progress = guest.common().progress();
                Tracing tracing = Tracing.of(config)) {
            Logging.serve(config.log(), tracing);
            return serve(config, tracing, progress);
        }
    }

    private int serve(Config config, Tracing tracing, ConsoleProgress progress) throws InterruptedException {
        try (Daemon daemon =
                Daemon.start(guest.settings(), guest.common().loaded(), E2bApis::create, tracing, progress)) {
            StopSignals signals = StopSignals.take();
            LogLevelSignal.take(guest.common()::reread);
            progress.done();
            logStart(daemon, config);
            ServiceNotification manager = ServiceNotification.of(System.getenv());
            manager.ready("serves gRPC on " + shown(daemon.address()));
            return awaitEnd(daemon, config, signals, manager);
        }
    }

    private static int awaitEnd(Daemon daemon, Config config, StopSignals signals, ServiceNotification manager)
            throws InterruptedException {
        try (Watchdog _ = manager.watchdogTimeout()
                .map(timeout -> Watchdog.start(timeout, daemon::checkAlive, manager::alive))
                .orElse(null)) {
            CompletableFuture<NeuroVisorException> lost = daemon.neuroVisor().spawnerLost();
            Object _ = CompletableFuture.anyOf(signals.first(), lost).join();
            if (!signals.first().isDone()) {
                return endWithoutSpawner(daemon, manager, lost.join());
            }
            int busy = daemon.busy();
            remark("ending: "
                    + (busy == 0
                            ? "nothing runs"
                            : busy + (busy == 1 ? " execution has " : " executions have ")
                                    + config.daemon().drainTimeout().toSeconds()
                                    + " s to finish; a second signal stops them now"));
            manager.stopping("finishes running executions");
            signals.onSecond(daemon::stopNow);
            boolean finished = daemon.drain(config.daemon().drainTimeout());
            remark(finished ? "ended" : "ended; executions that had not finished were cancelled");
            return 0;
        }
    }

    /** This process must not start another spawner: only a new process can serve again. */
    private static int endWithoutSpawner(Daemon daemon, ServiceNotification manager, NeuroVisorException reason)
            throws InterruptedException {
        LOG.error(
                "{}: this daemon ends with exit code {}, so that the service manager starts a new one",
                reason.getMessage(),
                ExitCode.FAILED);
        manager.stopping("the spawner has ended");
        daemon.endWithoutSpawner();
        return ExitCode.FAILED;
    }

    private void logStart(Daemon daemon, Config config) {
        NeuroVisor neuroVisor = daemon.neuroVisor();
        remark("serves gRPC on " + shown(daemon.address()) + " and " + daemon.socket()
                + ", status page, /metrics, /health and /ready on " + shown(daemon.statusAddress()));
        daemon.httpAddress()
                .ifPresent(address ->
                        remark("serves E2B's clients on " + address.scheme() + "://" + shown(address.socket())));
        remark("keeps " + config.pool().warm() + " of at most " + config.pool().max() + " machines ready, run by "
                + neuroVisor.vmm() + " (" + neuroVisor.vmmReason() + ")");
        logRoom(neuroVisor.pool().room(), config);
        remark(confinement(daemon.confinement()));
        if (!neuroVisor.accelerator().isKvm()) {
            LOG.warn(Accelerator.EMULATION_WARNING);
        }
    }

    private static String confinement(SelfConfinement confinement) {
        String calls = "cannot execute programs any more (seccomp: " + confinement.rules() + " rules on each of "
                + confinement.threads() + " threads; no_new_privs) and has ";
        if (!confinement.passesPermissions()) {
            return calls + "no capabilities";
        }
        return calls + "only CAP_DAC_OVERRIDE of root's capabilities; "
                + (confinement.filesClosed()
                        ? "it can change files only below its own directories (Landlock)"
                        : "it could change every file, because this kernel has no Landlock");
    }

    private static void logRoom(MemoryHeadroom room, Config config) {
        String processors = "; at most " + config.pool().max() + " machines, of "
                + room.size().vcpuCount() + " vCPUs each, run on "
                + Runtime.getRuntime().availableProcessors() + " processors";
        if (!room.isKnown()) {
            remark("cannot read the size of the memory: only " + PoolConfig.MAX.flag() + " bounds the machines"
                    + processors);
        } else if (room.machines() >= config.pool().max()) {
            remark("has memory for " + room.machines() + " machines at a time: " + room + processors);
        } else {
            LOG.warn(
                    "{} {} is more than the memory holds, {} at a time: {}; further requests wait, so choose a smaller --size,"
                            + " or end other processes{}",
                    PoolConfig.MAX.flag(),
                    config.pool().max(),
                    room.machines(),
                    room,
                    processors);
        }
    }

    private static String shown(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private static void remark(String line) {
        LOG.info("{}", line);
    }
}
