package io.neurovisor.host.image;

import io.neurovisor.host.debian.PackageSbom;
import io.neurovisor.host.files.Sha256;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Hash;

/** An image's bill of materials: the image, with its Debian and Python packages as components. */
final class ImageSbom {
    private ImageSbom() {}

    static byte[] of(ImageManifest manifest) {
        Bom bom = PackageSbom.about(image(manifest), manifest.rootfsDigest(), manifest.created());
        manifest.packages().forEach(found -> bom.addComponent(PackageSbom.component(found, manifest.suite())));
        manifest.pythonPackages().forEach(found -> bom.addComponent(PackageSbom.component(found)));
        return PackageSbom.json(bom);
    }

    private static Component image(ImageManifest manifest) {
        Component image = new Component();
        image.setType(Component.Type.OPERATING_SYSTEM);
        image.setName("neurovisor-image-" + manifest.name());
        image.setVersion(Sha256.abbreviate(manifest.rootfsDigest()));
        image.addHash(new Hash(Hash.Algorithm.SHA_256, manifest.rootfsDigest()));
        return image;
    }
}
