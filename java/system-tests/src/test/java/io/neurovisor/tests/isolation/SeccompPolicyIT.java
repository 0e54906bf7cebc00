package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.jail.PolicyRule;
import io.neurovisor.host.jail.SeccompPolicy;
import io.neurovisor.server.config.VmmChoice;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the policy marks exactly the system calls of a traced QEMU workload as common. */
@Alone
@ShortTier
final class SeccompPolicyIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final SandboxSize SIZE = SandboxSize.SMALL;

    private final SecureRandom random = new SecureRandom();

    @Test
    void meetsOnlyCommonSystemCalls(@TempDir Path directory, @TempDir Path template) throws IOException {
        SystemCallTrace trace = new SystemCallTrace(directory);
        try (TestMachines machines = new TestMachines(directory, VmmChoice.QEMU, trace.bubblewrap())) {
            run(machines, new VmStart.ColdBoot(machines.files(), SIZE));
            save(machines, template);
            run(machines, new VmStart.Restore(new SavedVm(machines.files(), SIZE, template)));
        }
        Set<String> met = trace.calls();

        assertThat(met).as("allowed, or it would have been killed").isSubsetOf(calls(rule -> true));
        assertThat(difference(calls(rule -> rule.path() == PolicyRule.Path.COMMON), met))
                .as("common in the policy and not met: mark them rare")
                .isEmpty();
        assertThat(difference(met, calls(rule -> rule.path() != PolicyRule.Path.RARE)))
                .as("rare in the policy and met: they are common")
                .isEmpty();
    }

    private void run(TestMachines machines, VmStart start) {
        MachineFactory factory =
                new MachineFactory(machines.vmm(), random, Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        try (Machine machine = factory.open(start, soon())) {
            Program program = new Program(Language.PYTHON, "print(6 * 7)");
            RecordingSink sink = new RecordingSink();
            assertThat(machine.run(program, LIMIT, new TraceId(UUID.randomUUID()), sink)
                            .exit()
                            .outcome())
                    .isEqualTo(Outcome.COMPLETED);
            assertThat(sink.stdoutText()).isEqualTo("42\n");
        }
    }

    private void save(TestMachines machines, Path directory) {
        VmStart start = new VmStart.TemplateBoot(machines.files(), SIZE, directory);
        try (Vm vm = machines.vmm().start(VmId.random(random), start, soon())) {
            try (GuestChannel channel = vm.connect(soon())) {
                channel.hello(soon());
            }
            vm.save(soon());
        }
    }

    private static Deadline soon() {
        return Deadline.after(LIMIT, Ticker.SYSTEM);
    }

    private static Set<String> calls(Predicate<PolicyRule> wanted) {
        return SeccompPolicy.qemu().rules().stream()
                .filter(wanted)
                .map(rule -> rule.rule().syscall())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> difference(Set<String> all, Set<String> without) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(without);
        return rest;
    }
}
