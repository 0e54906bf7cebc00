package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** What machines of each image and size start from, made when it is first asked for. Safe for use by many threads. */
final class ImageStarts {
    private final Images images;
    private final Templates templates;
    private final ArtifactUse use;
    private final VmmIdentity vmm;
    private final boolean snapshot;
    private final Progress progress;
    private final Map<String, BootFiles> files = new ConcurrentHashMap<>();

    ImageStarts(
            Images images, Templates templates, ArtifactUse use, VmmIdentity vmm, boolean snapshot, Progress progress) {
        this.images = requireNonNull(images, "images is null");
        this.templates = requireNonNull(templates, "templates is null");
        this.use = requireNonNull(use, "use is null");
        this.vmm = requireNonNull(vmm, "vmm is null");
        this.snapshot = snapshot;
        this.progress = requireNonNull(progress, "progress is null");
    }

    /** Builds the image and makes the template unless they are there. */
    void prepare(String image, SandboxSize size) {
        VmStart ready = start(image, size);
        requireNonNull(ready, "ready is null");
    }

    VmStart start(String image, SandboxSize size) {
        // Of an image that is replaced meanwhile, this process goes on to use what it began with.
        BootFiles boot = files.computeIfAbsent(image, name -> hold(use, images, name, progress));
        return snapshot
                ? new VmStart.Restore(template(new TemplateKey(boot, size, vmm, images.warmPrograms(image))))
                : new VmStart.ColdBoot(boot, size);
    }

    private SavedVm template(TemplateKey key) {
        return use.hold(() -> templates.findOrBuild(key, progress), saved -> List.of(saved.directory()));
    }

    /** The files that the image's machines boot from, which nobody removes while they are used. */
    static BootFiles hold(ArtifactUse use, Images images, String image, Progress progress) {
        return use.hold(() -> images.boot(image, progress), ImageStarts::directories);
    }

    private static List<Path> directories(BootFiles files) {
        return Stream.of(files.kernel(), files.initrd(), files.rootfs())
                .map(file -> requireNonNull(file.getParent(), "a boot file has no directory"))
                .toList();
    }
}
