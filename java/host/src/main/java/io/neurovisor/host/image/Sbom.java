package io.neurovisor.host.image;

import com.github.packageurl.MalformedPackageURLException;
import com.github.packageurl.PackageURL;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.TreeMap;
import java.util.UUID;
import org.cyclonedx.Version;
import org.cyclonedx.exception.GeneratorException;
import org.cyclonedx.generators.BomGeneratorFactory;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Hash;
import org.cyclonedx.model.Metadata;
import org.cyclonedx.model.Property;

/** An image's software bill of materials in CycloneDX 1.6, one component per Debian package. */
final class Sbom {
    static final String FILE = "sbom.cdx.json";

    private Sbom() {}

    static byte[] of(ImageManifest manifest) {
        Bom bom = new Bom();
        bom.setSerialNumber(
                "urn:uuid:" + UUID.nameUUIDFromBytes(manifest.rootfsDigest().getBytes(StandardCharsets.UTF_8)));
        Metadata metadata = new Metadata();
        metadata.setTimestamp(Date.from(Instant.parse(manifest.created())));
        metadata.setComponent(image(manifest));
        bom.setMetadata(metadata);
        manifest.packages().forEach(found -> bom.addComponent(component(found, manifest.suite())));
        try {
            return BomGeneratorFactory.createJson(Version.VERSION_16, bom)
                    .toJsonString()
                    .getBytes(StandardCharsets.UTF_8);
        } catch (GeneratorException failure) {
            throw new NeuroVisorException(
                    Fault.INTERNAL, "Cannot write the bill of materials of image " + manifest.name(), failure);
        }
    }

    private static Component image(ImageManifest manifest) {
        Component image = new Component();
        image.setType(Component.Type.OPERATING_SYSTEM);
        image.setName("neurovisor-image-" + manifest.name());
        image.setVersion(manifest.rootfsDigest().substring(0, RootfsBuilder.SHORT_DIGEST));
        image.addHash(new Hash(Hash.Algorithm.SHA_256, manifest.rootfsDigest()));
        return image;
    }

    static Component component(InstalledPackage found, String suite) {
        Component component = new Component();
        component.setType(Component.Type.LIBRARY);
        component.setName(found.name());
        component.setVersion(found.version());
        String purl = purl(found, suite);
        component.setPurl(purl);
        component.setBomRef(purl);
        component.addProperty(property("debian:source", found.source() + "@" + found.sourceVersion()));
        return component;
    }

    static Property property(String name, String value) {
        Property property = new Property();
        property.setName(name);
        property.setValue(value);
        return property;
    }

    private static String purl(InstalledPackage found, String suite) {
        TreeMap<String, String> qualifiers = new TreeMap<>();
        qualifiers.put("arch", found.architecture());
        qualifiers.put("distro", suite);
        try {
            return new PackageURL("deb", "debian", found.name(), found.version(), qualifiers, null).canonicalize();
        } catch (MalformedPackageURLException malformed) {
            throw new NeuroVisorException(
                    Fault.IMAGE_BUILD_FAILED, "Package \"%s\" has no package URL".formatted(found.name()), malformed);
        }
    }
}
