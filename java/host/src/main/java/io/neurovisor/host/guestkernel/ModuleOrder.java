package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the load order of modules: each module after its dependencies, without those that are built in. */
final class ModuleOrder {
    /** Looks up modules. */
    @FunctionalInterface
    interface Source {
        /** Returns the module of that name, or null if the kernel's package does not contain it. */
        @Nullable
        KernelModule find(String name) throws IOException;
    }

    private final Source source;
    private final Set<String> builtIn;
    private final Set<String> ordered = new LinkedHashSet<>();
    private final Set<String> open = new HashSet<>();

    private ModuleOrder(Source source, Set<String> builtIn) {
        this.source = source;
        this.builtIn = Set.copyOf(builtIn);
    }

    static List<String> of(List<String> wanted, Set<String> builtIn, Source source) throws IOException {
        ModuleOrder order = new ModuleOrder(source, builtIn);
        for (String name : wanted) {
            order.add(KernelModule.canonical(name));
        }
        return List.copyOf(order.ordered);
    }

    private void add(String name) throws IOException {
        if (builtIn.contains(name) || ordered.contains(name)) {
            return;
        }
        if (!open.add(name)) {
            throw broken("kernel module %s depends on itself".formatted(name));
        }
        KernelModule module = source.find(name);
        if (module == null) {
            throw broken("the kernel has no module %s".formatted(name));
        }
        for (String dependency : module.dependencies()) {
            add(dependency);
        }
        open.remove(name);
        ordered.add(name);
    }

    private static NeuroVisorException broken(String why) {
        return new NeuroVisorException(Fault.IMAGE_BUILD_FAILED, "Cannot build the guest kernel: " + why);
    }
}
