package io.neurovisor.engine.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class ExecutionsTest {
    private final RecordingSink sink = new RecordingSink();
    private final List<FakeGuest> guests = new ArrayList<>();
    private final ManualTicker ticker = new ManualTicker();

    @Test
    void eachExecutionGetsAFreshMachine() {
        FakeVmm vmm = vmm(FakeGuest::new);
        Executions executions = executions(vmm);

        ExecutionResult first = executions.execute(request("print(1)"), sink);
        ExecutionResult second = executions.execute(request("print(2)"), sink);

        assertThat(first.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(first.vmId()).isNotEqualTo(second.vmId());
        assertThat(sink.stdoutText()).isEqualTo("print(1)print(2)");
        assertThat(vmm.livingCount()).isZero();
        assertThat(guests).hasSize(2);
    }

    @Test
    void noTwoGuestsShareAnIdentity() {
        Executions executions = executions(vmm(FakeGuest::new));
        executions.execute(request("1"), sink);
        executions.execute(request("2"), sink);

        GuestIdentity first = guests.get(0).identity().orElseThrow();
        GuestIdentity second = guests.get(1).identity().orElseThrow();
        assertThat(first.entropyHex()).isNotEqualTo(second.entropyHex());
        GuestIdentity.Names names = first.names().orElseThrow();
        GuestIdentity.Names others = second.names().orElseThrow();
        assertThat(names.bootId()).isNotEqualTo(others.bootId());
        assertThat(names.machineId()).isNotEqualTo(others.machineId());
        assertThat(names.hostname()).isNotEqualTo(others.hostname());
    }

    @Test
    void cutsOffAGuestThatIgnoresTheDeadline() {
        FakeVmm vmm = vmm(() -> new FakeGuest().failingExecute(Fault.GUEST_SILENT, "no answer"));

        ExecutionResult result = executions(vmm).execute(request("partial"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(result.detail()).contains("the host destroyed the virtual machine");
        assertThat(sink.stdoutText()).isEqualTo("partial");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aGuestThatSendsFilesAfterItsTimeIsListenedTo() {
        FakeVmm vmm = vmm(() -> new FakeGuest().sendingAFileLate(ticker, Duration.ofSeconds(11), 5));

        ExecutionResult result = executions(vmm).execute(request("partial"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(result.detail()).isEmpty();
        assertThat(sink.files().get("late")).hasSize(5);
    }

    @Test
    void aGuestThatNeverStopsSendingAfterItsTimeIsCutOff() {
        FakeVmm vmm = vmm(() -> new FakeGuest().sendingAFileLate(ticker, Duration.ofSeconds(1), Integer.MAX_VALUE));

        ExecutionResult result = executions(vmm).execute(request("partial"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(result.detail()).contains("the host destroyed the virtual machine");
        assertThat(sink.stdoutText()).isEqualTo("partial");
        assertThat(sink.files()).isEmpty();
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void reportsADeadMachineWithItsPartialOutput() {
        FakeVmm vmm = vmm(() -> new FakeGuest().dyingWhileExecuting("QEMU was killed by signal 9"));

        ExecutionResult result = executions(vmm).execute(request("partial"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.SANDBOX_DIED);
        assertThat(result.detail()).isEqualTo("QEMU was killed by signal 9");
        assertThat(sink.stdoutText()).isEqualTo("partial");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void machineKilledByTheHostRanOutOfMemory() {
        FakeVmm vmm = vmm(() -> new FakeGuest().runningOutOfMemoryWhileExecuting("QEMU ran out of memory"));

        ExecutionResult result = executions(vmm).execute(request("partial"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.OUT_OF_MEMORY);
        assertThat(result.detail()).isEqualTo("QEMU ran out of memory");
        assertThat(sink.stdoutText()).isEqualTo("partial");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aGuestThatSendsMoreThanAProgramMayIsCutOff() {
        FakeVmm vmm = vmm(() -> new FakeGuest().flooding());

        ExecutionResult result = executions(vmm).execute(request("1"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.OUTPUT_LIMIT);
        assertThat(result.detail()).contains("more than 67108864 bytes of stdout");
        assertThat(sink.stdoutBytes()).hasSize(64 << 20);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aGuestThatSendsMoreErrorsThanAProgramMayIsCutOffToo() {
        FakeVmm vmm = vmm(() -> new FakeGuest().executing((_, guest) -> {
            for (int mebibytes = 0; mebibytes <= 64; mebibytes++) {
                guest.stderr(ByteBuffer.allocate(1 << 20));
            }
            return ProgramExit.killed(Outcome.COMPLETED, Duration.ZERO);
        }));

        ExecutionResult result = executions(vmm).execute(request("1"), sink);

        assertThat(result.outcome()).isEqualTo(Outcome.OUTPUT_LIMIT);
        assertThat(result.detail()).contains("more than 67108864 bytes of stderr");
        assertThat(sink.stderrBytes()).hasSize(64 << 20);
    }

    @Test
    void interruptCancelsAnExecution() {
        FakeVmm vmm = vmm(() -> new FakeGuest().failingExecute(Fault.INTERRUPTED, "interrupted"));

        ExecutionResult result = executions(vmm).execute(request("partial"), sink);

        assertThat(Thread.interrupted()).as("still interrupted").isFalse();
        assertThat(result.outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(sink.stdoutText()).isEqualTo("partial");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void refusalOfTheGuestIsAnError() {
        FakeVmm vmm = vmm(() -> new FakeGuest().failingExecute(Fault.GUEST_REFUSED, "no interpreter"));

        assertThatThrownBy(() -> executions(vmm).execute(request("1"), sink))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessage("no interpreter");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void missingLanguageIsReportedWithAnImageThatHasIt() {
        FakeVmm vmm = vmm(() -> new FakeGuest().failingExecute(Fault.LANGUAGE_MISSING, "it has no program python3"));

        assertThatThrownBy(() -> executions(vmm).execute(request("1"), sink))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.LANGUAGE_MISSING))
                .hasMessage("image " + TestFiles.bootFiles().image()
                        + " cannot run python: it has no program python3; choose image base, or build one from it");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void rejectsALanguageThatTheBaseImageLacks() {
        Program go = new Program(Language.GO, "package main");

        assertThatThrownBy(() -> new ExecutionRequest(
                        new TraceId(UUID.randomUUID()),
                        go,
                        Duration.ofSeconds(30),
                        SandboxSize.SMALL,
                        Optional.of("base")))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.LANGUAGE_MISSING))
                .hasMessage("image base cannot run go; choose image full, or build one from it");
    }

    @Test
    void silentGuestIsAnErrorWithItsConsole() {
        FakeVmm vmm = vmm(() -> new FakeGuest().silent());

        assertThatThrownBy(() -> executions(vmm).execute(request("1"), sink))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.GUEST_SILENT))
                .hasMessageContaining("the guest's console ends: fake console");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void failedStartIsAnErrorWithItsReason() {
        FakeVmm vmm = vmm(FakeGuest::new);
        vmm.failStarts("QEMU exited with code 1: no such device");

        assertThatThrownBy(() -> executions(vmm).execute(request("1"), sink))
                .hasMessageContaining("QEMU exited with code 1: no such device");
    }

    @Test
    void notifiesListenersOfEachExecution() {
        FakeVmm vmm = vmm(FakeGuest::new);
        List<String> heard = new ArrayList<>();
        Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), ticker, hearing(heard));

        executions.execute(request("1"), sink);
        vmm.failStarts("no such device");
        assertThatThrownBy(() -> executions.execute(request("2"), sink)).hasMessageContaining("no such device");

        assertThat(heard).containsExactly("begun", "acquired", "executed COMPLETED", "begun", "failed");
    }

    @Test
    void notifiesListenersOfAnUnrunnableProgram() {
        FakeVmm vmm = vmm(() -> new FakeGuest().failingExecute(Fault.LANGUAGE_MISSING, "it has no program python3"));
        List<String> heard = new ArrayList<>();
        Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), ticker, hearing(heard));

        assertThatThrownBy(() -> executions.execute(request("1"), sink)).isInstanceOf(NeuroVisorException.class);

        assertThat(heard).containsExactly("begun", "acquired", "failed");
    }

    @Test
    void notifiesListenersOfADefect() {
        List<String> heard = new ArrayList<>();
        Executions executions =
                TestPools.executions(vmm(FakeGuest::new), TestFiles.bootFiles(), ticker, hearing(heard));
        OutputSink defective = new OutputSink() {
            @Override
            public void stdout(ByteBuffer bytes) {
                throw new StackOverflowError();
            }

            @Override
            public void stderr(ByteBuffer bytes) {}

            @Override
            public void file(String path, ByteBuffer part, boolean last) {}
        };

        assertThatThrownBy(() -> executions.execute(request("1"), defective)).isInstanceOf(StackOverflowError.class);

        assertThat(heard).containsExactly("begun", "acquired", "failed");
    }

    private static ExecutionListener hearing(List<String> heard) {
        return new ExecutionListener() {
            @Override
            public void begun(ExecutionRequest request) {
                heard.add("begun");
            }

            @Override
            public void acquired(ExecutionRequest request, Machine machine, Duration acquireTime) {
                heard.add("acquired");
            }

            @Override
            public void executed(ExecutionRequest request, ExecutionResult result) {
                heard.add("executed " + result.outcome());
            }

            @Override
            public void failed(ExecutionRequest request, Throwable failure) {
                heard.add("failed");
            }
        };
    }

    private FakeVmm vmm(Supplier<FakeGuest> newGuest) {
        return new FakeVmm(id -> {
            FakeGuest guest = newGuest.get();
            guests.add(guest);
            return guest;
        });
    }

    private Executions executions(FakeVmm vmm) {
        return TestPools.executions(vmm, TestFiles.bootFiles(), ticker);
    }

    private static ExecutionRequest request(String code) {
        return new ExecutionRequest(
                new TraceId(UUID.randomUUID()),
                new Program(Language.PYTHON, code),
                Duration.ofSeconds(30),
                SandboxSize.SMALL);
    }
}
