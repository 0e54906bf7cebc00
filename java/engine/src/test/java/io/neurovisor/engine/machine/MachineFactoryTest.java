package io.neurovisor.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Boots;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests when a machine is refused, and when it is booted again. */
final class MachineFactoryTest {
    @ParameterizedTest
    @EnumSource(names = {"SANDBOX_LOST", "GUEST_SILENT"})
    void unreachableMachineIsDestroyed(Fault fault) {
        FakeVmm vmm = new FakeVmm(_ -> new FakeGuest().failing(fault));

        assertThatThrownBy(() -> open(vmm))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
        assertThat(vmm.starts()).hasSize(1);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void guestThatEndsWhileItBootsIsBootedAgain() {
        Iterator<FakeGuest> guests = List.of(ended(), new FakeGuest()).iterator();
        FakeVmm vmm = new FakeVmm(_ -> guests.next());

        open(vmm).close();
        assertThat(vmm.starts()).hasSize(2);
    }

    @Test
    void givesUpAfterTheMostBoots() {
        FakeVmm vmm = new FakeVmm(_ -> ended());

        assertThatThrownBy(() -> open(vmm)).hasMessageContaining("the guest stopped itself");
        assertThat(vmm.starts()).hasSize(Boots.MAX);
        assertThat(vmm.livingCount()).isZero();
    }

    private static FakeGuest ended() {
        return new FakeGuest().failing(Fault.SANDBOX_LOST).dead("the guest stopped itself");
    }

    /** Removes one layer at a time. */
    @ParameterizedTest
    @EnumSource(Layer.class)
    void machineWithoutARequiredLayerServesNoClient(Layer missing) {
        for (LayerState state :
                List.of(LayerState.off(missing, "not here", "a fix"), LayerState.broken(missing, "gone", ""))) {
            FakeVmm vmm = new FakeVmm(_ -> new FakeGuest())
                    .reading(layer -> layer == missing ? state : LayerState.live(layer, "read"));
            assertThatThrownBy(() -> open(vmm, RequiredLayers.ALL))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            exception -> assertThat(exception.fault()).isEqualTo(Fault.LAYER_MISSING))
                    .hasMessageContaining("layer " + missing.number(), state.detail());
            assertThat(vmm.livingCount()).isZero();
            Set<Layer> others = EnumSet.complementOf(EnumSet.of(missing));
            open(vmm, new RequiredLayers(others)).close();
        }
    }

    private static Machine open(FakeVmm vmm, RequiredLayers required) {
        return new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, required)
                .open(PlainMachines.start(SandboxSize.SMALL), Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM));
    }

    private static Machine open(FakeVmm vmm) {
        return new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE)
                .open(PlainMachines.start(SandboxSize.SMALL), Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM));
    }
}
