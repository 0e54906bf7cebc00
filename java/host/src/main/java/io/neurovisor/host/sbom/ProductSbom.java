package io.neurovisor.host.sbom;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.cyclonedx.Version;
import org.cyclonedx.exception.GeneratorException;
import org.cyclonedx.exception.ParseException;
import org.cyclonedx.generators.BomGeneratorFactory;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Dependency;
import org.cyclonedx.model.LicenseChoice;
import org.cyclonedx.model.license.Expression;
import org.cyclonedx.parsers.JsonParser;

/**
 * NeuroVisor's software bill of materials in CycloneDX 1.6: the command line with its libraries, and the Rust programs
 * with their crates.
 */
public final class ProductSbom {
    /** The Rust programs of NeuroVisor. */
    private static final List<String> PROGRAMS = List.of("neurovisor-spawner", "neurovisor-guest-agent");

    private ProductSbom() {}

    /**
     * Returns the bill of materials as JSON.
     *
     * @param maven the bill of materials of the Java part, written by CycloneDX's Maven plugin
     * @param cargo the output of {@code cargo metadata} for the target platform of the programs
     */
    public static byte[] of(Path maven, Path cargo) {
        Bom bom = parse(maven);
        Dependency product = product(bom);
        for (Crate crate : CargoMetadata.read(cargo).compiledInto(PROGRAMS)) {
            bom.addComponent(component(crate));
            Dependency dependency = new Dependency(crate.purl());
            crate.dependencies().forEach(purl -> dependency.addDependency(new Dependency(purl)));
            bom.addDependency(dependency);
            if (crate.program()) {
                product.addDependency(new Dependency(crate.purl()));
            }
        }
        bom.setSerialNumber(serialNumber(bom));
        return json(bom);
    }

    private static Bom parse(Path maven) {
        try {
            return new JsonParser().parse(maven.toFile());
        } catch (ParseException failure) {
            throw new NeuroVisorException(
                    Fault.INTERNAL, "Cannot read the bill of materials %s".formatted(maven), failure);
        }
    }

    /** Returns the direct dependencies of the product. */
    private static Dependency product(Bom bom) {
        String reference = bom.getMetadata().getComponent().getBomRef();
        return bom.getDependencies().stream()
                .filter(dependency -> dependency.getRef().equals(reference))
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.INTERNAL, "Maven's bill of materials has no dependencies of " + reference));
    }

    private static Component component(Crate crate) {
        Component component = new Component();
        component.setType(crate.program() ? Component.Type.APPLICATION : Component.Type.LIBRARY);
        component.setName(crate.name());
        component.setVersion(crate.version());
        component.setPurl(crate.purl());
        component.setBomRef(crate.purl());
        LicenseChoice license = new LicenseChoice();
        license.setExpression(new Expression(crate.license()));
        component.setLicenses(license);
        return component;
    }

    /** Returns a number that is equal for equal components. */
    private static String serialNumber(Bom bom) {
        StringBuilder parts = new StringBuilder();
        bom.getComponents().forEach(part -> parts.append(part.getPurl()).append('\n'));
        return "urn:uuid:" + UUID.nameUUIDFromBytes(parts.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] json(Bom bom) {
        try {
            return BomGeneratorFactory.createJson(Version.VERSION_16, bom)
                    .toJsonString()
                    .getBytes(StandardCharsets.UTF_8);
        } catch (GeneratorException failure) {
            throw new NeuroVisorException(Fault.INTERNAL, "Cannot write NeuroVisor's bill of materials", failure);
        }
    }
}
