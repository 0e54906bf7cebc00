package io.neurovisor.testkit;

import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vmm;

final class FakeVmmTest extends VmmContract {
    private final FakeVmm vmm = new FakeVmm(id -> new FakeGuest());

    @Override
    protected Vmm vmm() {
        return vmm;
    }

    @Override
    protected BootFiles files() {
        return TestFiles.bootFiles();
    }
}
