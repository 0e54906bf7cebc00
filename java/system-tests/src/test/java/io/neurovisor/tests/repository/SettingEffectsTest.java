package io.neurovisor.tests.repository;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.config.AccessConfig;
import io.neurovisor.server.config.AgentConfig;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.DaemonConfig;
import io.neurovisor.server.config.ExecutionConfig;
import io.neurovisor.server.config.GuestConfig;
import io.neurovisor.server.config.HttpConfig;
import io.neurovisor.server.config.LogConfig;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.config.ModelConfig;
import io.neurovisor.server.config.PoolConfig;
import io.neurovisor.server.config.RetentionConfig;
import io.neurovisor.server.config.SandboxConfig;
import io.neurovisor.server.config.TelemetryConfig;
import io.neurovisor.server.config.UidConfig;
import io.neurovisor.server.config.VmmConfig;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that each setting has a test of its effect. */
@Tag("rule")
final class SettingEffectsTest {
    private static final String DRAIN = "ServeIT.drainTimeoutCancelsRunningPrograms";
    private static final String FULL = "ServeFaultsIT.recoversFromAFailedRefill";
    private static final String GC = "GcIT.removesOnlyUnusedArtifacts";
    private static final String LIMITS = "AgentModelsTest.aTaskHasTheConfiguredLimits";
    private static final String POOL = "PoolIT.manyRequestsShareFewMachinesInOrder";
    private static final String PAUSED = "SandboxPauseIT.theLimitsOfPausedSandboxesHold";
    private static final String CERTIFIED = "ServeSettingsIT.remotePortRequiresCertificateAndKey";
    private static final String E2B = "E2bIT.aSandboxIsUsedAsE2bsClientsUseIt";
    private static final String MODELS = "InferenceGrpcServiceTest.forwardsTheParametersToTheModelServer";
    private static final String TRACES = "TracingTest.exportsAsConfigured";
    private static final String BY_DAEMON = "RunByDaemonIT.runsProgramsByTheDaemon";

    /** The test that fails if the setting has no effect. */
    private static final Map<Setting<?>, String> EFFECTS = Map.ofEntries(
            entry(Config.DATA_DIR, GC),
            entry(GuestConfig.IMAGE, "FullImageIT.suggestsAnImageWithTheLanguage"),
            entry(GuestConfig.KERNEL, "KernelIT.bootsTheKernelThatWasAskedFor"),
            entry(VmmConfig.VMM, "FirecrackerRunIT.printsTheResultWithVmmAndLiveLayers"),
            entry(VmmConfig.FIRECRACKER, "FirecrackerLocatorTest.reportsAFileThatIsNotAProgram"),
            entry(VmmConfig.EBPF, "RunIT.missingEbpfPreventsTheStart"),
            entry(VmmConfig.STRICT, "RunIT.strictRequiresTheNamedLayer"),
            entry(GuestConfig.SIZE, "RunIT.sizeDeterminesProcessorsAndMemory"),
            entry(GuestConfig.SNAPSHOT, DRAIN),
            entry(ExecutionConfig.TIMEOUT, "RunIT.timeoutKillsAllProcessesAndKeepsTheOutput"),
            entry(ExecutionConfig.TIMEOUT_MAX, "ExecutionGrpcServiceTest.rejectsATimeoutBeyondTheLimitWithBothValues"),
            entry(PoolConfig.WARM, POOL),
            entry(PoolConfig.MAX, POOL),
            entry(PoolConfig.ACQUIRE_TIMEOUT, FULL),
            entry(PoolConfig.PRIME_JAVASCRIPT, "NeuroVisorWiringTest.primesJavaScriptToo"),
            entry(SandboxConfig.MAX_SANDBOXES, "SandboxConfigTest.rejectsMoreSandboxesThanMachines"),
            entry(SandboxConfig.SANDBOX_TIMEOUT, "SandboxGrpcServiceTest.aRequestGetsTheConfiguredTimeoutAndSize"),
            entry(SandboxConfig.MAX_PAUSED, PAUSED),
            entry(SandboxConfig.SANDBOX_DISK, PAUSED),
            entry(UidConfig.VM_UIDS, FULL),
            entry(UidConfig.IMAGE_UIDS, "CustomImageIT.packageScriptsRunAsRootIfAllowed"),
            entry(ModelConfig.MODEL, "AgentModelsTest.asksTheConfiguredServerForTheConfiguredModel"),
            entry(ModelConfig.PROVIDER, MODELS),
            entry(ModelConfig.BASE_URL, MODELS),
            entry(ModelConfig.OLLAMA_HOST, "AgentModelsTest.asksTheConfiguredServerForTheConfiguredModel"),
            entry(ModelConfig.API_KEY_FILE, "ApiKeyTest.theFileComesBeforeOurVariableAndThatBeforeOpenAis"),
            entry(ModelConfig.KEEP_ALIVE, "AgentModelsTest.theModelStaysInMemoryForTheConfiguredTime"),
            entry(ModelConfig.VISION, "StatefulAgentIT.aSessionKeepsVariablesFilesAndPlotsInItsSandbox"),
            entry(AgentConfig.MAX_ITERATIONS, LIMITS),
            entry(AgentConfig.MAX_TOOL_CALLS, LIMITS),
            entry(AgentConfig.MAX_TOKENS, LIMITS),
            entry(AgentConfig.AGENT_TIMEOUT, LIMITS),
            entry(AccessConfig.TLS_CERT, CERTIFIED),
            entry(AccessConfig.TLS_KEY, CERTIFIED),
            entry(AccessConfig.TLS_CLIENT_CA, CERTIFIED),
            entry(AccessConfig.INSECURE_LISTEN, "ServeSettingsIT.rejectsUnencryptedRemotePorts"),
            entry(AccessConfig.REQUIRE_KEYS, "ServeSettingsIT.loopbackCallersNeedAKeyIfRequired"),
            entry(AccessConfig.RATE_LIMIT, "ServeIT.enforcesScopesAndRateLimits"),
            entry(RetentionConfig.AUDIT_MAX, CERTIFIED),
            entry(DaemonConfig.LISTEN, CERTIFIED),
            entry(DaemonConfig.PORT, "ServeIT.killedDaemonRestartsWithoutRepeatingKeyedExecutions"),
            entry(MetricsConfig.METRICS_LISTEN, DRAIN),
            entry(MetricsConfig.METRICS_PORT, "StatusPageIT.escapesTextWrittenByGuests"),
            entry(MetricsConfig.METRICS_TLS_CERT, "StatusPortAccessTest.servesTlsWithTheConfiguredFiles"),
            entry(MetricsConfig.METRICS_TLS_KEY, "StatusPortAccessTest.servesTlsWithTheConfiguredFiles"),
            entry(MetricsConfig.METRICS_REQUIRE_KEYS, "StatusPortAccessTest.onlyAKeyWithTheScopeGivesAccess"),
            entry(TelemetryConfig.PUSHGATEWAY, "PushgatewayIT.pushesTheCountersOfACommand"),
            entry(TelemetryConfig.OTLP, TRACES),
            entry(TelemetryConfig.OTLP_PROTOCOL, TRACES),
            entry(TelemetryConfig.TRACE_SAMPLE, TRACES),
            entry(DaemonConfig.SOCKET, BY_DAEMON),
            entry(DaemonConfig.DAEMON, BY_DAEMON),
            entry(DaemonConfig.DRAIN_TIMEOUT, DRAIN),
            entry(DaemonConfig.SEND_TIMEOUT, "SendTimeoutTest.anUnreadStreamIsCancelledAndReleasesItsMachine"),
            entry(DaemonConfig.CHANNELZ, DRAIN),
            entry(HttpConfig.HTTP_LISTEN, E2B),
            entry(HttpConfig.HTTP_PORT, E2B),
            entry(HttpConfig.SANDBOX_DOMAIN, E2B),
            entry(RetentionConfig.CACHE_MAX, GC),
            entry(RetentionConfig.SESSIONS_MAX_AGE, GC),
            entry(LogConfig.LOG_LEVEL, "OtlpIT.oneIdLinksResponseLogAndTrace"),
            entry(LogConfig.LOG_FORMAT, CERTIFIED));

    @Test
    void everySettingHasATestThatShowsItsEffect() {
        assertThat(EFFECTS.keySet()).containsExactlyInAnyOrderElementsOf(Config.SETTINGS);
    }

    @Test
    void eachSettingHasATestThatSetsIt() {
        assertThat(EFFECTS).allSatisfy((setting, test) -> {
            String[] parts = test.split("\\.", 2);
            assertThat(source(parts[0]))
                    .as(test)
                    .contains("void " + parts[1] + "(")
                    .containsAnyOf(
                            setting.flag(),
                            setting.variable(),
                            "\"" + setting.name() + "\"",
                            "\"" + setting.name() + ": ");
        });
    }

    private static String source(String test) {
        try (Stream<Path> files = Files.find(
                CommandLineRun.home().resolve("java"),
                Integer.MAX_VALUE,
                (path, _) -> path.endsWith(test + ".java") && path.toString().contains("src/test/java"))) {
            List<Path> found = files.toList();
            assertThat(found).as(test).hasSize(1);
            return Files.readString(found.getFirst());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
