package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.template.TemplateKey;
import io.neurovisor.engine.template.Templates;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.image.Images;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What machines of each image and size start from, made when it is first asked for. Safe for use by many threads. */
final class ImageStarts {
    private final Images images;
    private final Templates templates;
    private final VmmIdentity vmm;
    private final boolean snapshot;
    private final Progress progress;
    private final Map<String, BootFiles> files = new ConcurrentHashMap<>();

    ImageStarts(Images images, Templates templates, VmmIdentity vmm, boolean snapshot, Progress progress) {
        this.images = requireNonNull(images, "images is null");
        this.templates = requireNonNull(templates, "templates is null");
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
        BootFiles boot = files.computeIfAbsent(image, name -> images.boot(name, progress));
        return snapshot
                ? new VmStart.Restore(
                        templates.findOrBuild(new TemplateKey(boot, size, vmm, images.warmPrograms(image)), progress))
                : new VmStart.ColdBoot(boot, size);
    }
}
