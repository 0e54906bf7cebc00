package io.neurovisor.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.PoolConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class NeuroVisorWiringTest {
    private final FakeGuest guest = new FakeGuest();

    @Test
    void primesPython() {
        prime(Map.of());
        assertThat(guest.primed()).extracting(Program::language).containsExactly(Language.PYTHON);
    }

    @Test
    void primesJavaScriptToo() {
        prime(Map.of("prime-javascript", "on"));
        assertThat(guest.primed()).extracting(Program::language).containsExactly(Language.JAVASCRIPT, Language.PYTHON);
    }

    private void prime(Map<String, String> flags) {
        PoolConfig pool = LoadedConfig.load(
                        flags, Optional.empty(), new ProcessEnvironment(Map.of(), Path.of("/home/x")))
                .config()
                .pool();
        MachineFactory factory = new MachineFactory(
                new FakeVmm(_ -> guest), new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        VmStart start = new VmStart.ColdBoot(TestFiles.bootFiles(), SandboxSize.SMALL);
        try (Machine machine = factory.open(start, Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM))) {
            NeuroVisorWiring.primer(pool).accept(machine);
        }
    }
}
