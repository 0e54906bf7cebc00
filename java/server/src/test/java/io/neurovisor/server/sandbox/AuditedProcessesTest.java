package io.neurovisor.server.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AuditedProcessesTest {
    private final List<String> calls = new ArrayList<>();
    private final GuestProcesses guest = (GuestProcesses) Proxy.newProxyInstance(
            GuestProcesses.class.getClassLoader(), new Class<?>[] {GuestProcesses.class}, (_, method, _) -> {
                calls.add(method.getName());
                throw new NeuroVisorException(Fault.PROCESS_LIMIT, "none is started here");
            });

    @Test
    void recordsTheDigestOfTheCommandBeforeTheStart() {
        GuestProcesses audited = new AuditedProcesses(guest, calls::add);
        assertThatThrownBy(() -> start(audited, "echo", "secret", "42")).hasMessage("none is started here");
        assertThatThrownBy(() -> start(audited, "echo", "secret42")).hasMessage("none is started here");
        assertThat(calls).hasSize(4).element(1).isEqualTo("start");
        assertThat(calls.getFirst()).matches("[0-9a-f]{64}").isNotEqualTo(calls.get(2));
    }

    @Test
    void startsNothingThatIsNotRecorded() {
        GuestProcesses audited = new AuditedProcesses(guest, _ -> {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "the disk is full");
        });
        assertThatThrownBy(() -> start(audited, "echo")).hasMessage("the disk is full");
        assertThat(calls).isEmpty();
    }

    private static void start(GuestProcesses processes, String command, String... arguments) {
        ProcessSpec spec = new ProcessSpec(
                command,
                List.of(arguments),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
        processes
                .start(spec, Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM))
                .close();
    }
}
