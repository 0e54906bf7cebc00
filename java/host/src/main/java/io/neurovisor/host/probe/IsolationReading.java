package io.neurovisor.host.probe;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Layer 6: the isolation of a guest, and of a VMM that it has taken over, from the host.
 *
 * @param noKvm why guests are emulated; empty under KVM
 */
record IsolationReading(String noKvm, VmmConfinement confinement) {
    private static final int SHOWN_MOUNTS = 3;

    LayerState read(LiveProcess process, Map<String, String> names) {
        Map<String, Optional<Boolean>> namespaces = process.ownNamespaces(names);
        if (!confinement.hasUserNamespace()) {
            namespaces.remove("user");
        }
        List<String> problems = new ArrayList<>();
        addNamespaces(problems, "shares with us the namespaces ", namespaces, Optional.of(false));
        addNamespaces(problems, "namespaces that cannot be read: ", namespaces, Optional.empty());
        addMounts(problems, process.mounts());
        if (!problems.isEmpty()) {
            missingKvm().ifPresent(problems::addFirst);
            return LayerState.broken(Layer.VM_ISOLATION, String.join("; ", problems), VmmLayers.DEFECT);
        }
        String jail = namespaces.size() + " separate namespaces, " + confinement.mounts();
        return missingKvm()
                .map(reason -> LayerState.off(
                        Layer.VM_ISOLATION, reason + "; " + jail, "use a machine on which /dev/kvm boots guests"))
                .orElseGet(() -> LayerState.live(Layer.VM_ISOLATION, "KVM, " + jail));
    }

    private Optional<String> missingKvm() {
        return noKvm.isEmpty()
                ? Optional.empty()
                : Optional.of("no KVM: emulation is not a security boundary (" + noKvm + ")");
    }

    private static void addNamespaces(
            List<String> problems, String text, Map<String, Optional<Boolean>> namespaces, Optional<Boolean> own) {
        List<String> kinds = namespaces.entrySet().stream()
                .filter(namespace -> namespace.getValue().equals(own))
                .map(Map.Entry::getKey)
                .toList();
        if (!kinds.isEmpty()) {
            problems.add(text + String.join(", ", kinds));
        }
    }

    private void addMounts(List<String> problems, Optional<List<Mount>> mounts) {
        if (mounts.stream()
                .flatMap(List::stream)
                .noneMatch(mount -> mount.point().equals("/"))) {
            problems.add("what it has mounted cannot be read");
            return;
        }
        List<String> others = mounts.orElseThrow().stream()
                .filter(mount -> !confinement.allows(mount))
                .map(Mount::described)
                .toList();
        if (!others.isEmpty()) {
            problems.add("mounted, but should not be: "
                    + String.join(", ", others.subList(0, Math.min(others.size(), SHOWN_MOUNTS)))
                    + (others.size() > SHOWN_MOUNTS ? " and " + (others.size() - SHOWN_MOUNTS) + " more" : ""));
        }
    }
}
