package io.neurovisor.host.spawner;

import io.neurovisor.proto.spawner.StartVmm;
import java.nio.file.Path;

/** Builds the request that starts a VMM. */
final class StartMessage {
    private StartMessage() {}

    static StartVmm of(String id, VmmLaunch launch) {
        StartVmm.Builder start = StartVmm.newBuilder()
                .setVmId(id)
                .setExecutable(launch.executable().toString())
                .addAllArguments(launch.arguments())
                .addAllSockets(launch.sockets());
        launch.files()
                .forEach(file -> start.addFilesBuilder()
                        .setPath(file.path().toString())
                        .setName(file.name())
                        .setAccess(io.neurovisor.proto.spawner.HandedFile.Access.valueOf(
                                file.access().name())));
        switch (launch.confinement()) {
            case Jail jail ->
                start.getJailBuilder()
                        .addAllVisible(
                                jail.visible().stream().map(Path::toString).toList())
                        .setSeccompFilter(jail.seccompFilter())
                        .setMaxFileBytes(jail.maxFileBytes());
            case Chroot chroot ->
                start.getChrootBuilder()
                        .setJailer(chroot.jailer().toString())
                        .setDirectory(chroot.directory().toString())
                        .setMaxFileBytes(chroot.maxFileBytes());
        }
        VmmLimits limits = launch.limits();
        start.getLimitsBuilder()
                .setMemoryMaxBytes(limits.memoryMaxBytes())
                .setCpuPerMille(limits.cpuPerMille())
                .setPidsMax(limits.pidsMax());
        launch.ebpfPolicy()
                .ifPresent(policy -> start.getWatchBuilder()
                        .setAudit(policy.audit())
                        .setConfiguredSealed(policy.configuredSealed())
                        .setExpectedCalls(policy.expectedCalls()));
        return start.build();
    }
}
