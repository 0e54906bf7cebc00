package io.neurovisor.host.guestkernel;

import io.neurovisor.host.debian.PackageSbom;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Hash;
import org.cyclonedx.model.metadata.ToolInformation;

/**
 * The small kernel's bill of materials in CycloneDX 1.6: the source package is its component, all other packages are
 * tools.
 */
final class KernelSbom {
    private KernelSbom() {}

    static byte[] of(SmallKernelManifest manifest) {
        Bom bom = PackageSbom.about(kernel(manifest), manifest.kernelDigest(), manifest.created());
        bom.getMetadata().setToolChoice(tools(manifest));
        manifest.packages().stream()
                .filter(found -> found.name().equals(manifest.sourcePackage()))
                .forEach(found -> bom.addComponent(PackageSbom.component(found, manifest.suite())));
        return PackageSbom.json(bom);
    }

    private static Component kernel(SmallKernelManifest manifest) {
        Component kernel = new Component();
        kernel.setType(Component.Type.OPERATING_SYSTEM);
        kernel.setName("neurovisor-kernel-small");
        kernel.setVersion(manifest.release());
        kernel.addHash(new Hash(Hash.Algorithm.SHA_256, manifest.kernelDigest()));
        kernel.addProperty(PackageSbom.property("neurovisor:fragment", manifest.fragmentDigest()));
        kernel.addProperty(PackageSbom.property("neurovisor:script", manifest.scriptDigest()));
        kernel.addProperty(PackageSbom.property("neurovisor:compiler", manifest.compiler()));
        kernel.addProperty(PackageSbom.property("neurovisor:linker", manifest.linker()));
        return kernel;
    }

    private static ToolInformation tools(SmallKernelManifest manifest) {
        ToolInformation tools = new ToolInformation();
        tools.setComponents(manifest.packages().stream()
                .filter(found -> !found.name().equals(manifest.sourcePackage()))
                .map(found -> PackageSbom.component(found, manifest.suite()))
                .toList());
        return tools;
    }
}
