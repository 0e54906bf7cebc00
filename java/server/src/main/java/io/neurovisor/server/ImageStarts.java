package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.template.TemplateKey;
import io.neurovisor.engine.template.Templates;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.store.ArtifactUse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The files from which machines of each image and size start, built on first use. Thread-safe. */
final class ImageStarts {
    private final Images images;
    private final Templates templates;
    private final ArtifactUse use;
    private final VmmIdentity vmm;
    private final boolean snapshot;
    private final boolean building;
    private final Progress progress;
    private final Map<String, BootFiles> files = new ConcurrentHashMap<>();
    private final Map<String, List<Program>> warmPrograms = new ConcurrentHashMap<>();
    private final Set<MachineKind> prepared = ConcurrentHashMap.newKeySet();
    private volatile String making = "";

    /**
     * @param usual the image that is already in use
     * @param building whether to build missing images
     */
    ImageStarts(
            Images images,
            BootFiles usual,
            Templates templates,
            ArtifactUse use,
            VmmIdentity vmm,
            boolean snapshot,
            boolean building,
            Progress progress) {
        this.images = images;
        this.templates = templates;
        this.use = use;
        this.vmm = vmm;
        this.snapshot = snapshot;
        this.building = building;
        this.progress = progress;
        files.put(usual.image(), usual);
    }

    /** Finds the image of a kind, or builds it if this instance builds images. */
    MachineKind withImage(MachineKind kind) {
        BootFiles _ = boot(kind.image());
        return kind;
    }

    /** Builds missing files once. A start rebuilds files that are removed later. */
    MachineKind prepare(MachineKind kind) {
        if (!prepared.contains(kind)) {
            VmStart _ = start(kind);
        }
        return kind;
    }

    /**
     * Returns the files for a start, after building a missing image, if this instance builds images, and a missing
     * template.
     */
    VmStart start(MachineKind kind) {
        BootFiles boot = boot(kind.image());
        VmStart start = snapshot
                ? new VmStart.Restore(template(new TemplateKey(boot, kind.size(), vmm, warmPrograms(kind.image()))))
                : new VmStart.ColdBoot(boot, kind.size());
        prepared.add(kind);
        return start;
    }

    /** If an image is replaced, this process keeps using the version that it began with. */
    private BootFiles boot(String image) {
        BootFiles known = files.get(image);
        if (known != null) {
            return known;
        }
        // Not inside the map, where the build of one image would block requests for others.
        BootFiles found = use.hold(() -> find(image), ImageStarts::directories);
        BootFiles first = files.putIfAbsent(image, found);
        return first == null ? found : first;
    }

    /** Read once, like the image that they belong to. */
    private List<Program> warmPrograms(String image) {
        return warmPrograms.computeIfAbsent(image, images::warmPrograms);
    }

    private BootFiles find(String image) {
        return building
                ? images.boot(image, progress)
                : images.built(image)
                        .orElseThrow(() -> new NeuroVisorException(
                                Fault.IMAGE_NOT_BUILT,
                                "image " + image + " is not built; build it with: ./neurovisor image build " + image));
    }

    /** Returns the step of the template that is being made, such as "Making template base (small)"; empty if none is. */
    Optional<String> making() {
        return Optional.of(making).filter(step -> !step.isEmpty());
    }

    private SavedVm template(TemplateKey key) {
        try {
            return use.hold(() -> templates.findOrBuild(key, new Noted()), saved -> List.of(saved.directory()));
        } finally {
            making = "";
        }
    }

    private final class Noted implements Progress {
        @Override
        public void step(String message) {
            making = message;
            progress.step(message);
        }

        @Override
        public void detail(String message) {
            progress.detail(message);
        }
    }

    static List<Path> directories(BootFiles files) {
        return Stream.of(files.kernel(), files.initrd(), files.rootfs())
                .map(file -> requireNonNull(file.getParent(), "a boot file has no directory"))
                .toList();
    }
}
