package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MachineKind;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** What machines of each image and size start from, made when it is first asked for. Safe for use by many threads. */
final class ImageStarts {
    private final Images images;
    private final Templates templates;
    private final ArtifactUse use;
    private final VmmIdentity vmm;
    private final boolean snapshot;
    private final boolean building;
    private final Progress progress;
    private final Map<String, BootFiles> files = new ConcurrentHashMap<>();
    private final Set<MachineKind> prepared = ConcurrentHashMap.newKeySet();

    /**
     * @param usual what is in use already
     * @param building whether images that are not built are built when they are asked for
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
        this.images = requireNonNull(images, "images is null");
        this.templates = requireNonNull(templates, "templates is null");
        this.use = requireNonNull(use, "use is null");
        this.vmm = requireNonNull(vmm, "vmm is null");
        this.snapshot = snapshot;
        this.building = building;
        this.progress = requireNonNull(progress, "progress is null");
        files.put(usual.image(), usual);
    }

    /** Finds the image of an order, or builds it where that is done here. */
    MachineKind withImage(MachineKind kind) {
        BootFiles _ = boot(kind.image());
        return kind;
    }

    /** Makes what is missing unless that has been done before; what is removed later, a start makes again. */
    MachineKind prepare(MachineKind kind) {
        if (!prepared.contains(kind)) {
            VmStart _ = start(kind);
        }
        return kind;
    }

    /** Builds the image, where that is done here, and makes the template unless they are there. */
    VmStart start(MachineKind kind) {
        BootFiles boot = boot(kind.image());
        VmStart start = snapshot
                ? new VmStart.Restore(
                        template(new TemplateKey(boot, kind.size(), vmm, images.warmPrograms(kind.image()))))
                : new VmStart.ColdBoot(boot, kind.size());
        prepared.add(kind);
        return start;
    }

    /** Of an image that is replaced meanwhile, this process goes on to use what it began with. */
    private BootFiles boot(String image) {
        BootFiles known = files.get(image);
        if (known != null) {
            return known;
        }
        // Not inside the map, where one image that is being built would hold up requests for others.
        BootFiles found = use.hold(() -> find(image), ImageStarts::directories);
        BootFiles first = files.putIfAbsent(image, found);
        return first == null ? found : first;
    }

    private BootFiles find(String image) {
        return building
                ? images.boot(image, progress)
                : images.built(image)
                        .orElseThrow(() -> new NeuroVisorException(
                                Fault.IMAGE_NOT_BUILT,
                                "image " + image + " is not built; build it with: ./neurovisor image build " + image));
    }

    private SavedVm template(TemplateKey key) {
        return use.hold(() -> templates.findOrBuild(key, progress), saved -> List.of(saved.directory()));
    }

    /** What must not be removed while a machine runs. */
    static List<Path> directories(BootFiles files) {
        return Stream.of(files.kernel(), files.initrd(), files.rootfs())
                .map(file -> requireNonNull(file.getParent(), "a boot file has no directory"))
                .toList();
    }
}
