package io.neurovisor.tests.repository;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.config.Setting;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that each setting has a test of its effect. */
final class SettingEffectsTest {
    private static final String DRAIN = "ServeIT.drainTimeoutCancelsRunningPrograms";
    private static final String FULL = "ServeFaultsIT.recoversFromAFailedRefill";
    private static final String GC = "GcIT.removesOnlyUnusedArtifacts";
    private static final String LIMITS = "AgentModelsTest.aTaskHasTheConfiguredLimits";
    private static final String POOL = "PoolIT.manyRequestsShareFewMachinesInOrder";
    private static final String CERTIFIED =
            "ServeSettingsIT.remotePortRequiresCertificateAndKey";
    private static final String MODELS = "InferenceGrpcServiceTest.forwardsTheParametersToTheModelServer";
    private static final String TRACES = "TracingTest.exportsAsConfigured";
    private static final String BY_DAEMON = "RunByDaemonIT.runsProgramsByTheDaemon";

    /** The test that fails if the setting has no effect. */
    private static final Map<Setting<?>, String> EFFECTS = Map.ofEntries(
            entry(Setting.DATA_DIR, GC),
            entry(Setting.IMAGE, "FullImageIT.suggestsAnImageWithTheLanguage"),
            entry(Setting.KERNEL, "KernelIT.bootsTheKernelThatWasAskedFor"),
            entry(Setting.VMM, "FirecrackerRunIT.printsTheResultWithVmmAndLiveLayers"),
            entry(Setting.FIRECRACKER, "FirecrackerLocatorTest.reportsAFileThatIsNotAProgram"),
            entry(Setting.EBPF, "RunIT.missingEbpfPreventsTheStart"),
            entry(Setting.STRICT, "RunIT.strictRequiresTheNamedLayer"),
            entry(Setting.SIZE, "RunIT.sizeDeterminesProcessorsAndMemory"),
            entry(Setting.SNAPSHOT, DRAIN),
            entry(Setting.TIMEOUT, "RunIT.timeoutKillsAllProcessesAndKeepsTheOutput"),
            entry(
                    Setting.TIMEOUT_MAX,
                    "ExecutionGrpcServiceTest.rejectsATimeoutBeyondTheLimitWithBothValues"),
            entry(Setting.WARM, POOL),
            entry(Setting.MAX, POOL),
            entry(Setting.ACQUIRE_TIMEOUT, FULL),
            entry(Setting.VM_UIDS, FULL),
            entry(Setting.IMAGE_UIDS, "CustomImageIT.packageScriptsRunAsRootIfAllowed"),
            entry(Setting.MODEL, "AgentModelsTest.asksTheConfiguredServerForTheConfiguredModel"),
            entry(Setting.PROVIDER, MODELS),
            entry(Setting.BASE_URL, MODELS),
            entry(Setting.OLLAMA_HOST, "AgentModelsTest.asksTheConfiguredServerForTheConfiguredModel"),
            entry(Setting.API_KEY_FILE, "ApiKeyTest.theFileComesBeforeOurVariableAndThatBeforeOpenAis"),
            entry(Setting.KEEP_ALIVE, "AgentModelsTest.theModelStaysInMemoryForTheConfiguredTime"),
            entry(Setting.MAX_ITERATIONS, LIMITS),
            entry(Setting.MAX_TOOL_CALLS, LIMITS),
            entry(Setting.MAX_TOKENS, LIMITS),
            entry(Setting.AGENT_TIMEOUT, LIMITS),
            entry(Setting.TLS_CERT, CERTIFIED),
            entry(Setting.TLS_KEY, CERTIFIED),
            entry(Setting.TLS_CLIENT_CA, CERTIFIED),
            entry(
                    Setting.INSECURE_LISTEN,
                    "ServeSettingsIT.rejectsUnencryptedRemotePorts"),
            entry(Setting.REQUIRE_KEYS, "ServeSettingsIT.loopbackCallersNeedAKeyIfRequired"),
            entry(Setting.RATE_LIMIT, "ServeIT.enforcesScopesAndRateLimits"),
            entry(Setting.AUDIT_MAX, CERTIFIED),
            entry(Setting.LISTEN, CERTIFIED),
            entry(Setting.PORT, "ServeIT.killedDaemonRestartsWithoutRepeatingKeyedExecutions"),
            entry(Setting.METRICS_LISTEN, DRAIN),
            entry(Setting.METRICS_PORT, "StatusPageIT.escapesTextWrittenByGuests"),
            entry(Setting.METRICS_TLS_CERT, "StatusPortAccessTest.servesTlsWithTheConfiguredFiles"),
            entry(Setting.METRICS_TLS_KEY, "StatusPortAccessTest.servesTlsWithTheConfiguredFiles"),
            entry(Setting.METRICS_REQUIRE_KEYS, "StatusPortAccessTest.onlyAKeyWithTheScopeGivesAccess"),
            entry(
                    Setting.PUSHGATEWAY,
                    "PushgatewayIT.pushesTheCountersOfACommand"),
            entry(Setting.OTLP, TRACES),
            entry(Setting.OTLP_PROTOCOL, TRACES),
            entry(Setting.TRACE_SAMPLE, TRACES),
            entry(Setting.SOCKET, BY_DAEMON),
            entry(Setting.DAEMON, BY_DAEMON),
            entry(Setting.DRAIN_TIMEOUT, DRAIN),
            entry(Setting.SEND_TIMEOUT, "SendTimeoutTest.anUnreadStreamIsCancelledAndReleasesItsMachine"),
            entry(Setting.CHANNELZ, DRAIN),
            entry(Setting.CACHE_MAX, GC),
            entry(Setting.SESSIONS_MAX_AGE, GC),
            entry(Setting.LOG_LEVEL, "OtlpIT.oneIdLinksResponseLogAndTrace"),
            entry(Setting.LOG_FORMAT, CERTIFIED));

    @Test
    void everySettingHasATestThatShowsItsEffect() {
        assertThat(EFFECTS.keySet()).containsExactlyInAnyOrderElementsOf(Setting.ALL);
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
