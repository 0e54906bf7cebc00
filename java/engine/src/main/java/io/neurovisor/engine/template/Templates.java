package io.neurovisor.engine.template;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Boots;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Finds templates and makes missing ones: a machine is booted, warmed with the key's programs, disconnected, paused and
 * saved. It never runs any programs but the host's own.
 *
 * @param required no program runs in a machine without all of these layers
 */
public record Templates(TemplateStore store, Vmm vmm, RandomGenerator random, Ticker ticker, RequiredLayers required) {
    /**
     * Long enough for an emulated guest on a loaded host, which takes minutes to import the scientific packages and to
     * compile.
     */
    private static final Duration BUILD_TIMEOUT = Duration.ofMinutes(15);

    /** An emulated guest boots in seconds, or in a minute on a host with thirty times as much work as processors. */
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);

    /**
     * Returns the template, after making it if it is missing; throws {@code TEMPLATE_BUILD_FAILED} with the reason if
     * the guest does not become ready, and {@code BOOT_FAILED} if it has not booted in several attempts.
     */
    public SavedVm findOrBuild(TemplateKey key, Progress progress) {
        for (int boot = 1; ; boot++) {
            try {
                return store.findOrWrite(key, directory -> build(key, directory, progress), progress);
            } catch (NeuroVisorException exception) {
                if (exception.fault() != Fault.BOOT_FAILED || boot == Boots.MAX) {
                    throw exception;
                }
                progress.step("Booting again: " + exception.getMessage());
            }
        }
    }

    private void build(TemplateKey key, Path directory, Progress progress) {
        Deadline deadline = Deadline.after(BUILD_TIMEOUT, ticker);
        progress.step(
                "Making template " + key.files().image() + " (" + key.size().label() + ")");
        progress.detail("booting");
        VmStart start = new VmStart.TemplateBoot(key.files(), key.size(), directory);
        try (Vm vm = vmm.start(VmId.random(random), start, deadline)) {
            warmAndSave(vm, key, progress, deadline);
        }
    }

    private void warmAndSave(Vm vm, TemplateKey key, Progress progress, Deadline deadline) {
        try (GuestChannel channel = booted(vm, key)) {
            required.check(vm.layers());
            for (Program program : key.warmPrograms()) {
                progress.detail("warming " + program.language().label());
                channel.prime(program, deadline);
            }
            channel.warm(deadline);
        } catch (NeuroVisorException exception) {
            throw switch (exception.fault()) {
                case LAYER_MISSING, BOOT_FAILED -> exception;
                default -> failure(Fault.TEMPLATE_BUILD_FAILED, vm, key, exception);
            };
        }
        progress.detail("saving");
        try {
            vm.save(deadline);
        } catch (NeuroVisorException exception) {
            throw failure(Fault.TEMPLATE_BUILD_FAILED, vm, key, exception);
        }
    }

    private GuestChannel booted(Vm vm, TemplateKey key) {
        Deadline deadline = Deadline.after(BOOT_TIMEOUT, ticker);
        try {
            GuestChannel channel = vm.connect(deadline);
            try {
                channel.hello(deadline);
                return channel;
            } catch (NeuroVisorException exception) {
                channel.close();
                throw exception;
            }
        } catch (NeuroVisorException exception) {
            boolean mayRepeat = exception.fault() == Fault.GUEST_SILENT || Boots.hasEnded(vm, exception);
            throw failure(mayRepeat ? Fault.BOOT_FAILED : Fault.TEMPLATE_BUILD_FAILED, vm, key, exception);
        }
    }

    private static NeuroVisorException failure(Fault fault, Vm vm, TemplateKey key, NeuroVisorException exception) {
        return new NeuroVisorException(
                fault,
                "template of image " + key.files().image() + ", size "
                        + key.size().label() + ", could not be made: " + VmDiagnosis.describe(vm, exception),
                exception);
    }
}
