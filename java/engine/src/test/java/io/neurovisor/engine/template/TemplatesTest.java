package io.neurovisor.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Boots;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TemplatesTest {
    private static final Program WARM = new Program(Language.BASH, "true");

    private final FakeGuest guest = new FakeGuest();
    private final List<FakeGuest> failing = new ArrayList<>();
    private final FakeVmm vmm = new FakeVmm(_ -> failing.isEmpty() ? guest : failing.removeFirst());

    @TempDir
    private Path directory;

    @Test
    void machineWithoutARequiredLayerRunsNoProgram() {
        FakeVmm unfiltered = vmm.reading(layer ->
                layer == Layer.SECCOMP ? LayerState.off(layer, "not here", "a fix") : LayerState.live(layer, "read"));
        assertThatThrownBy(() -> make(unfiltered, RequiredLayers.ALL))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.LAYER_MISSING))
                .hasMessageContaining("layer " + Layer.SECCOMP.number());
        assertThat(guest.primed()).isEmpty();
        assertThat(unfiltered.livingCount()).isZero();
    }

    @Test
    void savesAMachineWithAllRequiredLayers() {
        FakeVmm protectedVmm = vmm.reading(layer -> LayerState.live(layer, "read"));
        assertThat(make(protectedVmm, RequiredLayers.ALL).directory()).isEqualTo(directory);
        assertThat(guest.primed()).containsExactly(WARM);
        assertThat(guest.isWarmed()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"SANDBOX_LOST", "GUEST_SILENT"})
    void guestThatDoesNotBootIsBootedAgain(Fault fault) {
        failing.addAll(List.of(
                new FakeGuest().failing(fault).dead("reset"),
                new FakeGuest().failing(fault).dead("reset")));
        assertThat(make(vmm, RequiredLayers.NONE).directory()).isEqualTo(directory);
        assertThat(vmm.starts()).hasSize(3);
        assertThat(guest.primed()).containsExactly(WARM);
    }

    @Test
    void givesUpAfterTheMostBoots() {
        for (int boot = 0; boot <= Boots.MAX; boot++) {
            failing.add(new FakeGuest().failing(Fault.SANDBOX_LOST).dead("reset"));
        }
        assertThatThrownBy(() -> make(vmm, RequiredLayers.NONE))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.BOOT_FAILED))
                .hasMessageStartingWith("template of image ")
                .hasMessageContaining("reset");
        assertThat(vmm.starts()).hasSize(Boots.MAX);
        assertThat(vmm.livingCount()).isZero();
    }

    private SavedVm make(FakeVmm vmm, RequiredLayers required) {
        TemplateStore store = (key, writer, _) -> {
            writer.accept(directory);
            return new SavedVm(key.files(), key.size(), directory);
        };
        TemplateKey key = new TemplateKey(TestFiles.bootFiles(), SandboxSize.SMALL, vmm.identity(), List.of(WARM));
        return new Templates(store, vmm, new SecureRandom(), Ticker.SYSTEM, required).findOrBuild(key, Progress.SILENT);
    }
}
