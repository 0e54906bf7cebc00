package io.neurovisor.host.debian;

import com.github.packageurl.MalformedPackageURLException;
import com.github.packageurl.PackageURL;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.cyclonedx.Version;
import org.cyclonedx.exception.GeneratorException;
import org.cyclonedx.generators.BomGeneratorFactory;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Metadata;
import org.cyclonedx.model.Property;
import org.jspecify.annotations.Nullable;

/** Software bills of materials in CycloneDX 1.6, with one component per Debian or Python package. */
public final class PackageSbom {
    /** The name of the file in the directory of an image or a kernel. */
    public static final String FILE = "sbom.cdx.json";

    private PackageSbom() {}

    /** Returns a bill of materials for the built component, without any packages. */
    public static Bom about(Component built, String digest, String created) {
        Metadata metadata = new Metadata();
        metadata.setTimestamp(Date.from(Instant.parse(created)));
        metadata.setComponent(built);
        Bom bom = new Bom();
        bom.setSerialNumber("urn:uuid:" + UUID.nameUUIDFromBytes(digest.getBytes(StandardCharsets.UTF_8)));
        bom.setMetadata(metadata);
        return bom;
    }

    public static byte[] json(Bom bom) {
        try {
            return BomGeneratorFactory.createJson(Version.VERSION_16, bom)
                    .toJsonString()
                    .getBytes(StandardCharsets.UTF_8);
        } catch (GeneratorException failure) {
            throw new NeuroVisorException(
                    Fault.INTERNAL,
                    "Cannot write the bill of materials of "
                            + bom.getMetadata().getComponent().getName(),
                    failure);
        }
    }

    public static Component component(PythonPackage found) {
        return component(found.name(), found.version(), purl("pypi", null, found.name(), found.version(), Map.of()));
    }

    private static Component component(String name, String version, String purl) {
        Component component = new Component();
        component.setType(Component.Type.LIBRARY);
        component.setName(name);
        component.setVersion(version);
        component.setPurl(purl);
        component.setBomRef(purl);
        return component;
    }

    public static Component component(InstalledPackage found, String suite) {
        Map<String, String> qualifiers = Map.of("arch", found.architecture(), "distro", suite);
        Component component = component(
                found.name(), found.version(), purl("deb", "debian", found.name(), found.version(), qualifiers));
        component.addProperty(property("debian:source", found.source() + "@" + found.sourceVersion()));
        return component;
    }

    public static Property property(String name, String value) {
        Property property = new Property();
        property.setName(name);
        property.setValue(value);
        return property;
    }

    private static String purl(
            String type, @Nullable String namespace, String name, String version, Map<String, String> qualifiers) {
        try {
            return new PackageURL(type, namespace, name, version, new TreeMap<>(qualifiers), null).canonicalize();
        } catch (MalformedPackageURLException malformed) {
            throw new NeuroVisorException(
                    Fault.IMAGE_BUILD_FAILED, "Package \"%s\" has no package URL".formatted(name), malformed);
        }
    }
}
