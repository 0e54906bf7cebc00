package io.neurovisor.testkit;

import io.neurovisor.engine.process.GuestProcesses;

final class FakeProcessesTest extends GuestProcessesContract {
    private final GuestProcesses processes = new FakeProcesses(() -> {});

    @Override
    protected GuestProcesses processes() {
        return processes;
    }
}
